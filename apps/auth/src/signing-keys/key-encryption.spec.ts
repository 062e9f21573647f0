import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { UnwrapRefusedError } from './key-encryption-key.js';
import { KeyEncryption, MalformedEnvelopeError, UnknownKeyEncryptionKeyError } from './key-encryption.js';
import { LocalKeyEncryptionKey } from './local-key-encryption-key.js';

const newKey = () => LocalKeyEncryptionKey.fromBase64url(randomBytes(32).toString('base64url'));
const [older, newer] = [newKey(), newKey()];
const before = new KeyEncryption(older, []);
const after = new KeyEncryption(newer, [older]);
const context = { kid: 'kid-1', alg: 'RS256' };
const envelope = await before.seal('the private key', context);

describe('an envelope', () => {
  it('names the key that it was sealed under, and opens under it', async () => {
    expect(envelope).toMatch(new RegExp(`^v2\\.${older.id}\\.[\\w-]+$`));
    expect(await before.open(envelope, context)).toBe('the private key');
  });

  it('opens after a change of the key-encryption key, as long as the previous one is configured', async () => {
    expect(await after.open(envelope, context)).toBe('the private key');
    expect(after.isCurrent(envelope)).toBe(false);
    await expect(new KeyEncryption(newer, []).open(envelope, context)).rejects.toEqual(
      new UnknownKeyEncryptionKeyError(older.id),
    );
  });

  it('is sealed under the current key', async () => {
    const resealed = await after.seal('the private key', context);
    expect(after.isCurrent(resealed)).toBe(true);
    expect(await new KeyEncryption(newer, []).open(resealed, context)).toBe('the private key');
  });

  it.each<[deviation: string, envelope: string, error: new () => Error]>([
    ['the name of another key', envelope.replace(older.id, newer.id), UnwrapRefusedError],
    ['another version', envelope.replace('v2.', 'v1.'), MalformedEnvelopeError],
    ['no ciphertext', `v2.${older.id}.`, MalformedEnvelopeError],
    ['a part too many', `${envelope}.x`, MalformedEnvelopeError],
    ['nothing in it', '', MalformedEnvelopeError],
  ])('does not open with %s', async (_deviation, altered, error) => {
    await expect(after.open(altered, context)).rejects.toThrow(error);
  });
});

describe('a derived secret', () => {
  it('comes with those of the previous keys, so that what they signed is still accepted', async () => {
    const [old] = await before.deriveSecrets('cookies');
    expect(await after.deriveSecrets('cookies')).toEqual([await newer.deriveSecret('cookies'), old]);
  });
});
