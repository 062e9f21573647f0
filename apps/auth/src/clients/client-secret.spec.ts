import { describe, expect, it } from '@jest/globals';
import { generateClientSecret, hashClientSecret, verifyClientSecret } from './client-secret.js';

describe('a client secret', () => {
  const secretHash = hashClientSecret('secret');

  it('is recognised by its hash', () => {
    expect(verifyClientSecret('secret', secretHash)).toBe(true);
  });

  it('is one of two while the client changes it, and no mixture of them', () => {
    const both = `${secretHash} ${hashClientSecret('other')}`;
    expect(verifyClientSecret('secret', both)).toBe(true);
    expect(verifyClientSecret('other', both)).toBe(true);
    expect(verifyClientSecret('secret other', both)).toBe(false);
  });

  it('has 256 random bits when it is made here', () => {
    expect(Buffer.from(generateClientSecret(), 'base64url')).toHaveLength(32);
    expect(generateClientSecret()).not.toBe(generateClientSecret());
  });

  it.each([
    ['another secret', 'Secret'],
    ['no secret', ''],
    ['the hash itself, as from a stolen database', secretHash],
  ])('is not recognised in %s', (_deviation, secret) => {
    expect(verifyClientSecret(secret, secretHash)).toBe(false);
  });

  it('of a client that has none is never recognised', () => {
    expect(verifyClientSecret('', '')).toBe(false);
  });
});
