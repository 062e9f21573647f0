import { describe, expect, it } from '@jest/globals';
import { hashClientSecret, verifyClientSecret } from './client-secret.js';

describe('a client secret', () => {
  const secretHash = hashClientSecret('secret');

  it('is recognised by its hash', () => {
    expect(verifyClientSecret('secret', secretHash)).toBe(true);
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
