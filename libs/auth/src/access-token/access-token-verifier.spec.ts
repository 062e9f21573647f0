import { beforeEach, describe, expect, it } from '@jest/globals';
import { AuthError } from '../auth-error.js';
import { SIGNATURE_ALGORITHMS } from '../jose/signature-algorithm.js';
import { BEARER } from '../sender/sender.js';
import { hostileAccessTokens } from '../testing/hostile-access-tokens.js';
import { keyStoreOf } from '../testing/key-store-of.js';
import { TokenForge } from '../testing/token-forge.js';
import { AccessTokenVerifier } from './access-token-verifier.js';

const NOW = Date.parse('2026-03-01T12:00:00Z');
const SECONDS = NOW / 1_000;
const issuer = 'http://issuer.example';
const audience = 'http://api.example';

const forge = new TokenForge({ issuer, audience, now: () => NOW });
const hostileTokens = hostileAccessTokens(forge);

function makeVerifier(): AccessTokenVerifier {
  const keys = keyStoreOf(
    async () => forge.jwks().keys,
    () => NOW,
  );
  return new AccessTokenVerifier({
    issuer,
    audience,
    algorithms: SIGNATURE_ALGORITHMS,
    keys,
    clockToleranceSeconds: 30,
    maxLifetimeSeconds: 600,
    revocations: null,
    verified: null,
    now: () => NOW,
  });
}

describe('AccessTokenVerifier', () => {
  let verifier: AccessTokenVerifier;

  beforeEach(() => {
    verifier = makeVerifier();
  });

  it('hands over the principal of an accepted token', async () => {
    const token = forge.accessToken({
      claims: { sub: 'a-subject', client_id: 'a-client', jti: 'an-id', scope: 'a b', roles: ['admin'] },
    });
    await expect(verifier.verify(token, BEARER)).resolves.toEqual({
      issuer,
      subject: 'a-subject',
      clientId: 'a-client',
      scopes: ['a', 'b'],
      roles: ['admin'],
      tokenId: 'an-id',
    });
  });

  it('says who acts for the subject, the current actor first (RFC 8693 §4.1)', async () => {
    const token = forge.accessToken({ claims: { act: { sub: 'shop', act: { sub: 'portal' } } } });
    await expect(verifier.verify(token, BEARER)).resolves.toMatchObject({ actors: ['shop', 'portal'] });
  });

  it.each([
    ['is text', 'shop'],
    ['is null', null],
    ['is a list', [{ sub: 'shop' }]],
    ['has no sub', {}],
    ['has a sub with a line end', { sub: 'shop\n' }],
    ['has something else within', { sub: 'shop', act: 'portal' }],
    ['has nine actors', nestedActors(9)],
  ])('refuses a token whose act %s', async (_deviation, act) => {
    await expect(verifier.verify(forge.accessToken({ claims: { act } }), BEARER)).rejects.toMatchObject({
      code: 'claims_malformed',
    });
  });

  it.each(SIGNATURE_ALGORITHMS)('accepts %s by a published key for it (JWT-01)', async (algorithm) => {
    const token = forge.accessToken({ key: forge.addKey(algorithm) });
    await expect(verifier.verify(token, BEARER)).resolves.toMatchObject({ issuer });
  });

  it.each([
    ['at+jwt', { header: { typ: 'at+jwt' } }],
    ['application/at+jwt (JWT-14)', { header: { typ: 'application/at+jwt' } }],
    ['AT+JWT (JWT-14)', { header: { typ: 'AT+JWT' } }],
  ])('accepts the typ %s', async (_title, deviation) => {
    await expect(verifier.verify(forge.accessToken(deviation), BEARER)).resolves.toMatchObject({ issuer });
  });

  it.each([
    ['an audience in a list with others', { aud: ['http://other.example', audience] }],
    ['an exp within the skew (JWT-21)', { iat: SECONDS - 329, exp: SECONDS - 29 }],
    ['an nbf within the skew (JWT-21)', { nbf: SECONDS + 29 }],
    ['an iat 5 s ahead (JWT-22)', { iat: SECONDS + 5 }],
    ['an iat 60 s ahead (JWT-22)', { iat: SECONDS + 60 }],
    ['no scope, which grants none', { scope: undefined }],
    ['no roles, which are none', { roles: undefined }],
    [
      'claims that nobody asked for',
      { acr: 'x', nested: { a: [1, { b: 2 }] }, 'with "quotes":': 'and {braces}:' },
    ],
  ])('accepts %s', async (_title, claims) => {
    await expect(verifier.verify(forge.accessToken({ claims }), BEARER)).resolves.toMatchObject({ issuer });
  });

  it.each(hostileTokens)('refuses $title ($id, $code)', async ({ token, code }) => {
    await expect(verifier.verify(token, BEARER)).rejects.toMatchObject({
      name: 'AuthError',
      code,
      status: 401,
      oauthError: 'invalid_token',
    });
  });

  it.each([
    ['an exp at the end of the skew (JWT-21)', { iat: SECONDS - 330, exp: SECONDS - 30 }, 'token_expired'],
    ['an nbf a second beyond the skew (JWT-21)', { nbf: SECONDS + 31 }, 'token_not_yet_valid'],
    ['an iat 61 s ahead (JWT-22)', { iat: SECONDS + 61 }, 'token_not_yet_valid'],
    ['a life of 601 s (JWT-23)', { iat: SECONDS, exp: SECONDS + 601 }, 'lifetime_too_long'],
  ])('refuses %s to the second', async (_title, claims, code) => {
    await expect(verifier.verify(forge.accessToken({ claims }), BEARER)).rejects.toMatchObject({ code });
  });

  it('repeats nothing of a refused token in what it logs', async () => {
    const token = forge.accessToken({ claims: { aud: 'http://other.example', secret: 'canary' } });
    const error = await verifier.verify(token, BEARER).catch((refusal: unknown) => refusal);
    expect(error).toBeInstanceOf(AuthError);
    expect(String(error)).not.toMatch(/canary|other\.example/);
  });

  it('cannot be made without an algorithm, an issuer or an audience', () => {
    const options = {
      issuer,
      audience,
      algorithms: [...SIGNATURE_ALGORITHMS],
      keys: { find: () => Promise.reject(new Error('unused')) },
      clockToleranceSeconds: 30,
      maxLifetimeSeconds: 600,
      revocations: null,
      verified: null,
      now: () => NOW,
    };
    expect(() => new AccessTokenVerifier({ ...options, algorithms: [] })).toThrow(TypeError);
    expect(() => new AccessTokenVerifier({ ...options, issuer: '' })).toThrow(TypeError);
    expect(() => new AccessTokenVerifier({ ...options, audience: '' })).toThrow(TypeError);
  });
});

function nestedActors(count: number): object {
  return Array.from({ length: count - 1 }).reduce<object>((act) => ({ sub: 'shop', act }), { sub: 'shop' });
}
