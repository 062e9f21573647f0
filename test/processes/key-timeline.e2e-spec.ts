import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createLocalJWKSet, decodeProtectedHeader, errors, jwtVerify, type JSONWebKeySet } from 'jose';
import { AuthReplica } from '../support/auth-replica.ts';
import { TestStack } from '../support/test-stack.ts';

const MAX_AGE_SECONDS = 2;
/** The max-age, and what a replica takes to hear of a key. */
const OLD_ENOUGH_MS = 4_000;

let stack: TestStack;
let issuer: AuthReplica;
beforeAll(async () => {
  stack = await TestStack.prepare({
    environment: { JWKS_MAX_AGE_SECONDS: String(MAX_AGE_SECONDS), KEY_ANNOUNCEMENT_SECONDS: '10' },
  });
  await stack.start(['auth']);
  issuer = new AuthReplica(stack.issuer, stack.issuer);
});
afterAll(() => stack.dispose());

async function jwks(): Promise<JSONWebKeySet> {
  const response = await fetch(`${stack.issuer}/.well-known/jwks.json`);
  expect(response.headers.get('cache-control')).toBe(`public, max-age=${MAX_AGE_SECONDS}`);
  return (await response.json()) as JSONWebKeySet;
}

const kidOf = (token: string) => decodeProtectedHeader(token).kid;
const verify = (token: string, keys: JSONWebKeySet) => jwtVerify(token, createLocalJWKSet(keys));
const stateOf = async (kid: string) => (await issuer.keys()).data.find((key) => key.kid === kid)?.state;

describe('a signing key, as a verifier sees it', () => {
  it('is announced before it signs, is kept after it has signed, and is gone once it is revoked (JWK-08)', async () => {
    const early = await issuer.serviceToken();
    const first = kidOf(early) ?? '';

    const { changes } = await issuer.change('announce', { alg: 'RS256' });
    const next = changes.find(({ state }) => state === 'announced')?.kid ?? '';
    const announced = await jwks();
    expect(announced.keys.map(({ kid }) => kid)).toEqual(expect.arrayContaining([first, next]));
    expect(kidOf(await issuer.serviceToken())).toBe(first);
    await expect(issuer.change('rotate', { alg: 'RS256' })).rejects.toThrow('key_too_young');

    await delay(OLD_ENOUGH_MS);
    await issuer.change('rotate', { alg: 'RS256' });
    const late = await issuer.serviceToken();
    expect(kidOf(late)).toBe(next);
    // A verifier that read the JWKS before the rotation knows the key already.
    await expect(verify(late, announced)).resolves.toBeDefined();

    expect(await stateOf(first)).toBe('retired');
    const rotated = await jwks();
    await expect(verify(early, rotated)).resolves.toBeDefined();
    await expect(verify(late, rotated)).resolves.toBeDefined();
    // What it signed is good for minutes: nobody may take it away, but by saying that it is not to be trusted.
    await expect(issuer.change(`${first}/retire`, {})).rejects.toThrow(/^key_(?:in_use|state)$/);

    await issuer.change(`${first}/revoke`, {});
    const revoked = await jwks();
    expect(revoked.keys.map(({ kid }) => kid)).not.toContain(first);
    await expect(verify(early, revoked)).rejects.toBeInstanceOf(errors.JWKSNoMatchingKey);
    await expect(verify(late, revoked)).resolves.toBeDefined();
    expect(await stateOf(first)).toBe('revoked');
  });
});
