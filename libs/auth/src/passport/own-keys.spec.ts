import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { OwnKeys } from './own-keys.js';

const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'one', alg: 'ES256', use: 'sig' };

describe('the keys of an issuer that verifies its own tokens', () => {
  it('are those that it publishes', async () => {
    const keys = new OwnKeys({ publishedKeys: () => [jwk] });
    expect(await keys.find('one')).toMatchObject({ kid: 'one', algorithm: 'ES256' });
  });

  it('are as of now: a key that left the ring verifies nothing any more', async () => {
    const published: unknown[] = [jwk];
    const keys = new OwnKeys({ publishedKeys: () => published });
    await keys.find('one');

    published.pop();

    await expect(keys.find('one')).rejects.toMatchObject({ code: 'key_unknown', status: 401 });
  });

  it('have no key for a kid that was never published', async () => {
    const keys = new OwnKeys({ publishedKeys: () => [jwk] });
    await expect(keys.find('two')).rejects.toMatchObject({ code: 'key_unknown' });
  });
});
