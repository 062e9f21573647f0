import { generateKeyPairSync } from 'node:crypto';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { decodeProtectedHeader } from 'jose';
import type { KeyStore } from '../jose/key-store.js';
import { SIGNATURE_ALGORITHMS } from '../jose/signature-algorithm.js';
import { Revocations } from '../revocation/revocations.js';
import { BEARER } from '../sender/sender.js';
import { hostileAccessTokens } from '../testing/hostile-access-tokens.js';
import { keyStoreOf } from '../testing/key-store-of.js';
import { TokenForge } from '../testing/token-forge.js';
import { AccessTokenVerifier } from './access-token-verifier.js';
import { VerifiedTokens } from './verified-tokens.js';

const START = Date.parse('2026-03-01T12:00:00Z');
const issuer = 'http://issuer.example';
const audience = 'http://api.example';
const forge = new TokenForge({ issuer, audience, now: () => START });

describe('AccessTokenVerifier with VerifiedTokens', () => {
  let now: number;
  let published: readonly object[];
  let keys: KeyStore;
  let revocations: Revocations;
  let verified: VerifiedTokens;
  let verifier: AccessTokenVerifier;

  beforeEach(() => {
    now = START;
    published = forge.jwks().keys;
    keys = keyStoreOf(
      async () => published,
      () => now,
    );
    revocations = new Revocations({
      maxTokenAgeSeconds: 660,
      maxEntries: 100,
      onWarning: () => undefined,
      now: () => now,
    });
    revocations.setKnown();
    verified = new VerifiedTokens({ maxEntries: 3, maxBytes: 100_000, now: () => now });
    verifier = new AccessTokenVerifier({
      issuer,
      audience,
      algorithms: SIGNATURE_ALGORITHMS,
      keys,
      clockToleranceSeconds: 30,
      maxLifetimeSeconds: 600,
      revocations,
      verified,
      now: () => now,
    });
  });

  it('gives the same principal for a token that it accepted before, by a digest', async () => {
    const token = forge.accessToken({ claims: { scope: 'a b', roles: ['admin'], act: { sub: 'shop' } } });
    const first = await verifier.verify(token, BEARER);
    await expect(verifier.verify(token, BEARER)).resolves.toEqual(first);
    expect(verified.outcomes).toEqual({ hit: 1, miss: 1 });
  });

  it('hands over a principal whose change does not reach the next one', async () => {
    const token = forge.accessToken({ claims: { roles: ['customer'], scope: 'a' } });
    await verifier.verify(token, BEARER);
    const principal = await verifier.verify(token, BEARER);
    (principal.roles as string[]).push('admin');
    (principal.scopes as string[]).push('b');
    await expect(verifier.verify(token, BEARER)).resolves.toMatchObject({
      roles: ['customer'],
      scopes: ['a'],
    });
  });

  it('refuses a token that expires while it is remembered (JWT-21)', async () => {
    const token = forge.accessToken({ claims: { iat: START / 1_000, exp: START / 1_000 + 10 } });
    await verifier.verify(token, BEARER);
    now += 39_000;
    await expect(verifier.verify(token, BEARER)).resolves.toMatchObject({ issuer });
    now += 1_000;
    await expect(verifier.verify(token, BEARER)).rejects.toMatchObject({ code: 'token_expired' });
  });

  it('keeps no token beyond its exp', async () => {
    const token = forge.accessToken({ claims: { iat: START / 1_000, exp: START / 1_000 + 10 } });
    await verifier.verify(token, BEARER);
    now += 10_001;
    await verifier.verify(token, BEARER);
    expect(verified.outcomes).toEqual({ hit: 0, miss: 2 });
  });

  it('refuses a remembered token when the clock is set back to before its nbf', async () => {
    const token = forge.accessToken({ claims: { nbf: START / 1_000 } });
    await verifier.verify(token, BEARER);
    now -= 31_000;
    await expect(verifier.verify(token, BEARER)).rejects.toMatchObject({ code: 'token_not_yet_valid' });
  });

  it.each(['session', 'grant', 'subject', 'client'] as const)(
    'refuses a remembered token at once when its %s is revoked',
    async (by) => {
      const claims = { sub: 'id', client_id: 'id', sid: 'id', grant_id: 'id' };
      const token = forge.accessToken({ claims });
      await verifier.verify(token, BEARER);
      revocations.add({ by, id: 'id', lastIssuedAt: START / 1_000, occurredAt: START / 1_000 });
      await expect(verifier.verify(token, BEARER)).rejects.toMatchObject({ code: 'token_revoked' });
    },
  );

  it('refuses a remembered token at once when its key is revoked', async () => {
    const token = forge.accessToken();
    await verifier.verify(token, BEARER);
    keys.revoke(kidOf(token));
    await expect(verifier.verify(token, BEARER)).rejects.toMatchObject({ code: 'token_revoked' });
  });

  it('refuses a remembered token whose key has left the set', async () => {
    const token = forge.accessToken();
    await verifier.verify(token, BEARER);
    published = published.filter((jwk) => !('kid' in jwk) || jwk.kid !== kidOf(token));
    await keys.reload();
    await expect(verifier.verify(token, BEARER)).rejects.toMatchObject({ code: 'key_unknown' });
  });

  it('verifies the signature again when the kid comes back with another key', async () => {
    const token = forge.accessToken();
    await verifier.verify(token, BEARER);
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
    published = [{ ...publicKey.export({ format: 'jwk' }), alg: 'RS256', kid: kidOf(token) }];
    await keys.reload();
    await expect(verifier.verify(token, BEARER)).rejects.toMatchObject({ code: 'signature_invalid' });
  });

  it('refuses a remembered token whose key has become one for another alg (RFC 8725 §3.1)', async () => {
    const token = forge.accessToken();
    await verifier.verify(token, BEARER);
    published = published.map((jwk) =>
      'kid' in jwk && jwk.kid === kidOf(token) ? { ...jwk, alg: 'PS256' } : jwk,
    );
    await keys.reload();
    await expect(verifier.verify(token, BEARER)).rejects.toMatchObject({ code: 'algorithm_refused' });
  });

  it('verifies nothing again when the set is fetched again with the same key', async () => {
    const token = forge.accessToken();
    await verifier.verify(token, BEARER);
    await keys.reload();
    await verifier.verify(token, BEARER);
    expect(verified.outcomes).toEqual({ hit: 1, miss: 1 });
  });

  it.each(hostileAccessTokens(forge))(
    'refuses $title each time, beside a token that it remembers ($id)',
    async ({ token, code }) => {
      await verifier.verify(forge.accessToken(), BEARER);
      await expect(verifier.verify(token, BEARER)).rejects.toMatchObject({ code });
      await expect(verifier.verify(token, BEARER)).rejects.toMatchObject({ code });
      expect(verified.size).toBe(1);
    },
  );

  it('takes no other spelling of a remembered token for it', async () => {
    const token = forge.accessToken();
    await verifier.verify(token, BEARER);
    for (const spelling of [`${token}=`, ` ${token}`, token.replace('.', '..'), withSpareBit(token)]) {
      await expect(verifier.verify(spelling, BEARER)).rejects.toMatchObject({ code: 'token_malformed' });
    }
  });

  it('has room for as many tokens as it was given, and lets go of the one used least lately', async () => {
    const tokens = Array.from({ length: 4 }, () => forge.accessToken());
    for (const token of tokens) await verifier.verify(token, BEARER);
    expect(verified.size).toBe(3);
    await verifier.verify(tokens[0] ?? '', BEARER);
    expect(verified.outcomes.hit).toBe(0);
    await verifier.verify(tokens[3] ?? '', BEARER);
    expect(verified.outcomes.hit).toBe(1);
  });

  it('holds no more than so many bytes of tokens', async () => {
    const token = forge.accessToken();
    await verifier.verify(token, BEARER);
    const remembered = verified.find(token);
    for (const filler of ['x', 'y']) if (remembered) verified.add(filler.repeat(60_000), remembered);
    expect(verified.find('x'.repeat(60_000))).toBeUndefined();
    expect(verified.find('y'.repeat(60_000))).toBe(remembered);
  });
});

function kidOf(token: string): string {
  return String(decodeProtectedHeader(token).kid);
}

/** The same signature, whose last character has a bit set that decodes to nothing. */
function withSpareBit(token: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return `${token.slice(0, -1)}${alphabet[alphabet.indexOf(token.at(-1) ?? '') + 1]}`;
}
