import { generateKeyPairSync, type JsonWebKey } from 'node:crypto';
import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { SIGNATURE_ALGORITHMS } from '../jose/signature-algorithm.js';
import { thumbprint } from '../jose/thumbprint.js';
import { hostileProofs } from '../testing/hostile-proofs.js';
import { ProofForge, type ProofDeviation } from '../testing/proof-forge.js';
import { DpopNonces } from './dpop-nonces.js';
import { DpopVerifier } from './dpop-verifier.js';
import type { ProvenRequest } from './dpop-verifier.js';
import { PublicUrl } from './target-uri.js';
import { MemoryUsedProofs, type UsedProofs } from './used-proofs.js';

const NOW = Date.parse('2026-03-01T12:00:00Z');
const SECONDS = NOW / 1_000;
const uri = 'https://api.example/orders/7';
const accessToken = 'an.access.token';

let now: number;
let usedProofs: UsedProofs;
let verifier: DpopVerifier;
const nonces = new DpopNonces({ keys: [Buffer.alloc(32, 1)], now: () => now });
const request = { method: 'GET', uri, accessToken };
const forge = new ProofForge(() => NOW);
now = NOW;
const hostile = hostileProofs(forge, { ...request, nonce: nonces.current() });

beforeEach(() => {
  now = NOW - 400_000;
  usedProofs = new MemoryUsedProofs({ maxProofs: 100, now: () => now });
  now = NOW;
  verifier = new DpopVerifier({ algorithms: SIGNATURE_ALGORITHMS, nonces, usedProofs, now: () => now });
});

function verify(headers: readonly string[], to: Partial<ProvenRequest> = {}, jkt = forge.thumbprint) {
  return (async () => verifier.prepare(headers, { ...request, ...to }).verify(jkt))();
}

function proofWith(deviation: ProofDeviation, by = forge): string {
  return by.proof({ ...request, nonce: nonces.current() }, deviation);
}

describe('DpopVerifier', () => {
  it.each(hostile)('refuses a request with $title ($id, $code)', async ({ headers, code }) => {
    const isUnproven = code === 'confirmation_unproven';
    const oauthError = isUnproven
      ? 'invalid_token'
      : code === 'proof_nonce_required'
        ? 'use_dpop_nonce'
        : 'invalid_dpop_proof';
    await expect(verify(headers)).rejects.toMatchObject({ name: 'AuthError', code, status: 401, oauthError });
  });

  it.each(SIGNATURE_ALGORITHMS)('accepts a proof by %s', async (algorithm) => {
    const client = new ProofForge(() => NOW, algorithm);
    await expect(verify([proofWith({}, client)], {}, client.thumbprint)).resolves.toBeUndefined();
  });

  it.each([
    ['a query, which does not count (DPO-09)', { htu: `${uri}?a=b` }],
    ['a fragment, which does not count (DPO-09)', { htu: `${uri}#c` }],
    ['scheme and host in capitals (DPO-09)', { htu: 'HTTPS://API.EXAMPLE/orders/7' }],
    ['the port that the scheme has anyway (DPO-09)', { htu: 'https://api.example:443/orders/7' }],
    ['a path with a dot segment (DPO-09)', { htu: 'https://api.example/x/../orders/7' }],
    ['a letter of the path percent-encoded (DPO-09)', { htu: 'https://api.example/%6frders/7' }],
    ['an iat of 300 seconds ago (DPO-11)', { iat: SECONDS - 300 }],
    ['an iat 60 seconds ahead (DPO-11)', { iat: SECONDS + 60 }],
    ['claims that nobody asked for', { sub: 'me', nested: {} }],
  ])('accepts %s', async (_title, claims) => {
    await expect(verify([proofWith({ claims })])).resolves.toBeUndefined();
  });

  it.each([
    ['301 seconds ago', SECONDS - 301],
    ['61 seconds ahead', SECONDS + 61],
  ])('refuses an iat %s to the second (DPO-11)', async (_title, iat) => {
    await expect(verify([proofWith({ claims: { iat } })])).rejects.toMatchObject({ code: 'proof_untimely' });
  });

  it('wants no nonce where none is given out', async () => {
    verifier = new DpopVerifier({ algorithms: ['ES256'], nonces: null, usedProofs, now: () => now });
    await expect(verify([forge.proof(request)])).resolves.toBeUndefined();
    const proof = forge.proof({ ...request, nonce: 'of another server' });
    await expect(verify([proof])).resolves.toBeUndefined();
  });

  it('takes an algorithm only if it is listed (DPO-05)', async () => {
    verifier = new DpopVerifier({ algorithms: ['EdDSA'], nonces, usedProofs, now: () => now });
    await expect(verify([proofWith({})])).rejects.toMatchObject({ code: 'proof_key_refused' });
    expect(() => new DpopVerifier({ algorithms: [], nonces, usedProofs, now: () => now })).toThrow(TypeError);
  });

  const rsa = (modulusLength: number, publicExponent = 65_537): JsonWebKey =>
    generateKeyPairSync('rsa', { modulusLength, publicExponent }).publicKey.export({ format: 'jwk' });
  const { publicJwk } = forge.key;

  it.each<[string, string, JsonWebKey]>([
    ['RSA of 1024 bits', 'RS256', rsa(1_024)],
    ['RSA with e = 3', 'RS256', rsa(2_048, 3)],
    ['a point that is not on the curve', 'ES256', { ...publicJwk, y: publicJwk.x ?? '' }],
    ['a key for encryption', 'ES256', { ...publicJwk, use: 'enc' }],
    [
      'P-384',
      'ES256',
      generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey.export({ format: 'jwk' }),
    ],
  ])('refuses %s, even if a token is bound to it (DPO-07)', async (_title, alg, jwk) => {
    await expect(verify([proofWith({ header: { alg, jwk } })], {}, thumbprint(jwk))).rejects.toMatchObject({
      code: 'proof_key_refused',
      oauthError: 'invalid_dpop_proof',
    });
  });

  it('takes a proof once (DPO-15)', async () => {
    const proof = proofWith({});
    await verify([proof]);
    await expect(verify([proof])).rejects.toMatchObject({ code: 'proof_replayed', status: 401 });
  });

  it('takes one of twenty at once (DPO-15)', async () => {
    const proof = proofWith({});
    const answers = await Promise.allSettled(Array.from({ length: 20 }, () => verify([proof])));
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('takes the same jti of another key', async () => {
    const client = new ProofForge(() => NOW);
    await verify([proofWith({ claims: { jti: 'x' } })]);
    const proof = proofWith({ claims: { jti: 'x' } }, client);
    await expect(verify([proof], {}, client.thumbprint)).resolves.toBeUndefined();
  });

  it('does not take a key that it knows for another algorithm than it was used with (RFC 8725 §3.1)', async () => {
    const client = new ProofForge(() => NOW, 'RS256');
    const verifyBy = (deviation: ProofDeviation): Promise<void> =>
      verify([proofWith(deviation, client)], {}, client.thumbprint);
    await verifyBy({});
    await expect(verifyBy({ header: { alg: 'PS256' } })).rejects.toMatchObject({
      code: 'proof_signature_invalid',
    });
    await expect(verifyBy({ header: { alg: 'ES256' } })).rejects.toMatchObject({ code: 'proof_key_refused' });
  });

  it('uses no proof up that is refused', async () => {
    const use = jest.spyOn(usedProofs, 'use');
    for (const { headers } of hostile) await verify(headers).catch(() => undefined);
    expect(use).not.toHaveBeenCalled();
  });

  it('repeats nothing of a proof in what it logs', async () => {
    const claims = { jti: 'canary', htu: 'https://canary.example/' };
    const error: unknown = await verify([proofWith({ claims })]).catch((refusal: unknown) => refusal);
    expect(String(error)).toMatch(/^AuthError/);
    expect(String(error)).not.toContain('canary');
  });
});

describe('PublicUrl', () => {
  it.each([
    ['https://api.example', '/orders?a=b', 'https://api.example/orders'],
    ['https://api.example/', '/orders#c', 'https://api.example/orders'],
    ['https://API.example:443/v1/', '/orders', 'https://api.example/v1/orders'],
    ['http://localhost:3000', '/', 'http://localhost:3000/'],
    ['https://api.example', '/%6frders/%c3%a4', 'https://api.example/orders/%C3%A4'],
  ])('%s makes of %s the URI %s', (publicUrl, target, expected) => {
    expect(new PublicUrl(publicUrl).uriOf(target)).toBe(expected);
  });

  it.each(['/x/../orders/7', '/orders//7', '//evil.example/orders/7', 'https://evil.example/orders/7'])(
    'lets no proof fit the request target %s that fits another (DPO-09)',
    async (target) => {
      const of = new PublicUrl('https://api.example').uriOf(target);
      await expect(verify([proofWith({})], { uri: of })).rejects.toMatchObject({ code: 'proof_mismatch' });
    },
  );

  it('is an http or https URL', () => {
    expect(() => new PublicUrl('ftp://api.example')).toThrow('public URL');
    expect(() => new PublicUrl('api.example')).toThrow('Invalid URL');
  });
});
