import { createPrivateKey, X509Certificate } from 'node:crypto';
import { CertificateAuthority } from '@countersign/platform/workload-certificates';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { KeyStore } from '../jose/key-store.js';
import type { Principal } from '../principal.js';
import { forgedKeyOf } from '../testing/forged-key.js';
import { hostileTransactionTokens, TransactionTokenForge } from '../testing/hostile-transaction-tokens.js';
import { importCertifiedKey } from './certified-key.js';
import { TransactionTokenIssuer } from './transaction-token-issuer.js';
import { TransactionTokenVerifier } from './transaction-token-verifier.js';

const trustDomain = 'test.local';
const gateway = 'spiffe://test.local/gateway';
const now = (): number => Date.now();
const principal: Principal = {
  issuer: 'http://issuer.example',
  subject: 'a-subject',
  clientId: 'a-client',
  scopes: ['orders:read'],
  roles: ['customer'],
  tokenId: 'an-id',
};

const authority = await CertificateAuthority.create(trustDomain);
const ca = await CertificateAuthority.fromPem(authority);
const authorities = (): X509Certificate[] => [new X509Certificate(authority.certificate)];
const leaf = await ca.issue(gateway, 'gateway', 'signature');

function makeIssuer(pair = leaf): TransactionTokenIssuer {
  return new TransactionTokenIssuer({
    trustDomain,
    workload: gateway,
    privateKey: createPrivateKey(pair.privateKey),
    certificates: [new X509Certificate(pair.certificate)],
    now,
  });
}

function makeVerifier(issuer: TransactionTokenIssuer): TransactionTokenVerifier {
  const keys = new KeyStore({
    fetchKeys: async () => issuer.jwks().keys,
    importKey: (jwk) => importCertifiedKey(jwk, { authorities, spiffeId: gateway, now }),
    refreshAfterMs: 60_000,
    maxStaleMs: 60_000,
    unknownKidCooldownMs: 60_000,
    retryAfterMs: 0,
    onWarning: () => undefined,
    now,
  });
  return new TransactionTokenVerifier({ trustDomain, issuer: gateway, keys, now });
}

const issuer = makeIssuer();
const hostileTokens = hostileTransactionTokens(
  new TransactionTokenForge({ trustDomain, workload: gateway, key: forgedKeyOf(leaf.privateKey), now }),
);

describe('TransactionTokenVerifier', () => {
  let verifier: TransactionTokenVerifier;

  beforeAll(() => {
    verifier = makeVerifier(issuer);
  });

  it('carries on who acts for the subject', async () => {
    const onBehalf = { ...principal, actors: ['shop', 'portal'] };
    await expect(verifier.verify(issuer.issue(onBehalf))).resolves.toMatchObject({ principal: onBehalf });
    await expect(verifier.verify(issuer.issue(principal))).resolves.toMatchObject({ principal });
  });

  it('hands over the principal that the edge verified, and the transaction', async () => {
    const transaction = await verifier.verify(issuer.issue(principal));
    expect(transaction).toEqual({ principal, id: expect.stringMatching(/^[0-9a-f-]{36}$/) });
  });

  it.each(hostileTokens)('refuses a token with $title ($id, $code)', async ({ token, code }) => {
    await expect(verifier.verify(token)).rejects.toMatchObject({ name: 'AuthError', code, status: 401 });
  });

  it.each([
    ['of another authority', async () => (await strangersAuthority()).issue(gateway, 'gateway', 'signature')],
    ['for TLS', () => ca.issue(gateway, 'gateway', 'tls')],
    ['for another workload', () => ca.issue('spiffe://test.local/orders', 'orders', 'signature')],
    [
      'for the same workload of another trust domain',
      () => ca.issue('spiffe://other.local/gateway', 'gateway', 'signature'),
    ],
  ])('does not trust a key with a certificate %s', async (_title, certify) => {
    const forged = makeIssuer(await certify());
    await expect(makeVerifier(forged).verify(forged.issue(principal))).rejects.toMatchObject({
      code: 'keys_unavailable',
    });
  });
});

async function strangersAuthority(): Promise<CertificateAuthority> {
  return CertificateAuthority.fromPem(await CertificateAuthority.create(trustDomain));
}

describe('importCertifiedKey', () => {
  const rules = { authorities, spiffeId: gateway, now };
  const [jwk] = issuer.jwks().keys;

  it('takes a key that the authority has certified', () => {
    expect(importCertifiedKey(jwk, rules)).toMatchObject({ algorithm: 'ES256', kid: jwk?.kid });
  });

  it.each<[string, object]>([
    ['no certificate', { x5c: undefined }],
    ['an empty chain', { x5c: [] }],
    ['a chain that is no list', { x5c: 'MIIB' }],
    ['a certificate that cannot be read', { x5c: ['MIIB'] }],
    ['the certificate of another key', makeIssuerKeyOfAnother()],
  ])('refuses a key with %s', (_title, deviation) => {
    expect(() => importCertifiedKey({ ...jwk, ...deviation }, rules)).toThrow(/certificate/);
  });

  it('refuses a key whose certificate has expired, or is not valid yet', () => {
    const year = 366 * 24 * 60 * 60 * 1_000;
    expect(() => importCertifiedKey(jwk, { ...rules, now: () => now() + year })).toThrow('not in its time');
    expect(() => importCertifiedKey(jwk, { ...rules, now: () => now() - year })).toThrow('not in its time');
  });

  function makeIssuerKeyOfAnother(): object {
    const { x, y } = forgedKeyOf(authority.privateKey).publicJwk;
    return { x, y };
  }
});

describe('TransactionTokenIssuer', () => {
  const claimsOf = (token: string): Record<string, unknown> =>
    JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());

  it('grants what the access token granted and no more (TXN-05)', () => {
    expect(claimsOf(issuer.issue(principal))).toMatchObject({
      sub: 'a-subject',
      scope: 'orders:read',
      req_wl: gateway,
      rctx: { roles: ['customer'], client_id: 'a-client' },
    });
  });

  it('gives a token at most 30 seconds (TXN-03)', () => {
    const { iat, exp } = claimsOf(issuer.issue(principal));
    expect(Number(exp) - Number(iat)).toBe(30);
  });

  it('has the requests of one access token share a transaction token', () => {
    expect(issuer.issue(principal)).toBe(issuer.issue({ ...principal }));
  });

  it('never shares one between access tokens, or between issuers', () => {
    const tokens = [
      principal,
      { ...principal, tokenId: 'another' },
      { ...principal, subject: 'another' },
      { ...principal, scopes: [] },
      { ...principal, issuer: 'http://another.example' },
    ].map((caller) => issuer.issue(caller));
    expect(new Set(tokens).size).toBe(5);
  });

  it('cannot be made with a key and a certificate that do not belong together', () => {
    expect(() => makeIssuer({ ...leaf, privateKey: authority.privateKey })).toThrow(TypeError);
  });
});
