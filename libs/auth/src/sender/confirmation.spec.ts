import { beforeEach, describe, expect, it } from '@jest/globals';
import { AccessTokenVerifier } from '../access-token/access-token-verifier.js';
import { VerifiedTokens } from '../access-token/verified-tokens.js';
import { AuthError } from '../auth-error.js';
import type { JsonObject } from '../jose/strict-json.js';
import { OpaqueTokenVerifier } from '../introspection/opaque-token-verifier.js';
import type { Principal } from '../principal.js';
import { introspectionOf } from '../testing/hostile-introspections.js';
import { keyStoreOf } from '../testing/key-store-of.js';
import { TokenForge } from '../testing/token-forge.js';
import { BEARER, type Sender } from './sender.js';

const NOW = Date.parse('2026-03-01T12:00:00Z');
const forge = new TokenForge({
  issuer: 'http://issuer.example',
  audience: 'http://api.example',
  now: () => NOW,
});
const jkt = 'k'.repeat(43);
const certificate = 'c'.repeat(43);

/** Who has the key, or shows the certificate. */
const withKey = (key: string): Sender => ({
  ...BEARER,
  proof: {
    verify: async (of) => {
      if (of !== key) throw new AuthError('confirmation_unproven', 'another key');
    },
  },
});
const withCertificate = (thumbprint: string, sender = BEARER): Sender => ({
  ...sender,
  certificateThumbprint: () => thumbprint,
});

type Verify = (cnf: unknown, sender: Sender) => Promise<Principal>;

function jwtVerifier(): Verify {
  const verifier = new AccessTokenVerifier({
    ...rules,
    algorithms: ['RS256'],
    keys: keyStoreOf(
      async () => forge.jwks().keys,
      () => NOW,
    ),
    verified: new VerifiedTokens({ maxEntries: 10, maxBytes: 100_000, now: () => NOW }),
  });
  return async (cnf, sender) => {
    const token = tokenOf(cnf);
    return verifier.verify(token, sender);
  };
}

function opaqueVerifier(): Verify {
  let cnfOf: unknown;
  const verifier = new OpaqueTokenVerifier({
    ...rules,
    endpoint: {
      introspect: async () =>
        JSON.parse(introspectionOf(forge, { cnf: cnfOf, token_type: typeOf(cnfOf) })) as JsonObject,
    },
    timeoutMs: 1_000,
  });
  return (cnf, sender) => {
    cnfOf = cnf;
    return verifier.verify(handleOf(cnf), sender);
  };
}

const rules = {
  ...forge.options,
  clockToleranceSeconds: 30,
  maxLifetimeSeconds: 600,
  revocations: null,
};
const tokens = new Map<string, string>();

/** One token for each binding, so that it is remembered the second time. */
function tokenOf(cnf: unknown): string {
  const key = JSON.stringify(cnf) ?? '';
  const token = tokens.get(key) ?? forge.accessToken({ claims: { cnf } });
  tokens.set(key, token);
  return token;
}

function handleOf(cnf: unknown): string {
  return Buffer.from(`a handle of ${JSON.stringify(cnf)}`.padEnd(40)).toString('base64url');
}

function typeOf(cnf: unknown): string {
  return JSON.stringify({ cnf }).includes('"jkt"') ? 'DPoP' : 'Bearer';
}

describe.each<[string, () => Verify]>([
  ['a JWT', jwtVerifier],
  ['an opaque token', opaqueVerifier],
])('the sender of %s', (_kind, makeVerify) => {
  let verify: Verify;

  beforeEach(() => {
    verify = makeVerify();
  });

  it.each<[string, unknown, Sender]>([
    ['nothing', undefined, BEARER],
    ['nothing, with a certificate besides', undefined, withCertificate(certificate)],
    ['a key that he has', { jkt }, withKey(jkt)],
    ['a certificate that he shows', { 'x5t#S256': certificate }, withCertificate(certificate)],
    ['both', { jkt, 'x5t#S256': certificate }, withCertificate(certificate, withKey(jkt))],
  ])('is taken when it is bound to %s, and the principal says so', async (_title, cnf, sender) => {
    for (let time = 0; time < 2; time++) {
      expect((await verify(cnf, sender)).confirmation).toEqual(cnf);
    }
  });

  const unproven = 'confirmation_unproven';
  it.each<[string, unknown, Sender, string]>([
    ['is bound to a key, without a proof (DPO-13)', { jkt }, BEARER, unproven],
    ['is bound to a key, with a certificate', { jkt }, withCertificate(jkt), unproven],
    ['is bound to a key, with a proof by another (DPO-12)', { jkt }, withKey(certificate), unproven],
    ['is bound to nothing, with a proof (DPO-14)', undefined, withKey(jkt), 'confirmation_missing'],
    ['is bound to a certificate, without one', { 'x5t#S256': certificate }, BEARER, unproven],
    ['is bound to a certificate, with another', { 'x5t#S256': certificate }, withCertificate(jkt), unproven],
    [
      'is bound to a certificate, with a proof besides (DPO-14)',
      { 'x5t#S256': certificate },
      withCertificate(certificate, withKey(jkt)),
      'confirmation_missing',
    ],
    ['is bound to both, with the key alone', { jkt, 'x5t#S256': certificate }, withKey(jkt), unproven],
    [
      'is bound to both, with the certificate alone',
      { jkt, 'x5t#S256': certificate },
      withCertificate(certificate),
      unproven,
    ],
    ['is bound in a way that is not known besides', { jkt, kid: jkt }, withKey(jkt), unproven],
    ['is bound in a way that is not known alone', { kid: jkt }, BEARER, unproven],
    ['has a binding that is a list', [{ jkt }], withKey(jkt), unproven],
    ['has a jkt that is no digest', { jkt: 'x' }, withKey('x'), unproven],
    ['has a jkt that is a list', { jkt: [jkt] }, withKey(jkt), unproven],
  ])('is refused when it %s, remembered or not', async (_title, cnf, sender, code) => {
    const owner = withCertificate(certificate, cnf === undefined ? BEARER : withKey(jkt));
    for (let time = 0; time < 2; time++) {
      await expect(verify(cnf, sender)).rejects.toMatchObject({
        code,
        status: 401,
        oauthError: 'invalid_token',
      });
      await verify(cnf, owner).catch(() => undefined);
    }
  });
});

describe('the issuer of an opaque token', () => {
  it('has to name the key of a token that it calls DPoP', async () => {
    const verifier = new OpaqueTokenVerifier({
      ...rules,
      endpoint: {
        introspect: async () => JSON.parse(introspectionOf(forge, { token_type: 'DPoP' })) as JsonObject,
      },
      timeoutMs: 1_000,
    });
    await expect(verifier.verify(handleOf('x'), withKey(jkt))).rejects.toMatchObject({
      code: 'confirmation_unproven',
    });
  });
});
