import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { CompactSign, compactVerify } from 'jose';
import { KeyEncryption } from './key-encryption.js';
import type { KeyEncryptionKey } from './key-encryption-key.js';
import type { SigningAlgorithm } from './key-ring.js';
import { LocalKeyEncryptionKey } from './local-key-encryption-key.js';
import { SealedKeys } from './sealed-keys.js';

const local = LocalKeyEncryptionKey.fromBase64url(randomBytes(32).toString('base64url'));
const store = new SealedKeys(new KeyEncryption(local, []));

describe('a sealed key', () => {
  it.each<[alg: SigningAlgorithm, kty: string]>([
    ['RS256', 'RSA'],
    ['PS256', 'RSA'],
    ['ES256', 'EC'],
    ['EdDSA', 'OKP'],
  ])('of %s signs what its public half verifies, and is published with that alg alone', async (alg, kty) => {
    const { privateKey: _made, ...stored } = await store.create(alg);
    const privateKey = await store.open(stored);
    const jws = await new CompactSign(Buffer.from('payload')).setProtectedHeader({ alg }).sign(privateKey);
    await expect(compactVerify(jws, stored.publicJwk)).resolves.toBeDefined();
    expect(stored.publicJwk).toMatchObject({ kty, alg, use: 'sig', kid: stored.kid });
    expect(Object.keys(stored.publicJwk)).not.toEqual(expect.arrayContaining(['d']));
  });

  it('does not open for another algorithm of its type', async () => {
    const { privateKey: _made, ...stored } = await store.create('RS256');
    const relabelled = { ...stored, alg: 'PS256', publicJwk: { ...stored.publicJwk, alg: 'PS256' } } as const;
    await expect(store.open(relabelled)).rejects.toThrow(/its row was altered/);
  });

  it('is not called altered while the service that unwraps it is out of reach', async () => {
    const { privateKey: _made, ...stored } = await store.create('ES256');
    const outage = new Error('connect ECONNREFUSED');
    const unreachable: KeyEncryptionKey = {
      id: local.id,
      wrap: () => Promise.reject(outage),
      unwrap: () => Promise.reject(outage),
      deriveSecret: () => Promise.reject(outage),
    };
    await expect(new SealedKeys(new KeyEncryption(unreachable, [])).open(stored)).rejects.toBe(outage);
  });
});
