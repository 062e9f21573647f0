import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { KeyEncryptionKey } from './key-encryption-key.js';

const newKey = () => KeyEncryptionKey.fromBase64url(randomBytes(32).toString('base64url'));
const keyEncryptionKey = newKey();
const context = ['kid-1', 'RS256'];
const envelope = keyEncryptionKey.seal('the private key', context);

function flipBit(text: string, index: number): string {
  const bytes = Buffer.from(text.slice('v1.'.length), 'base64url');
  bytes.writeUInt8(bytes.readUInt8(index) ^ 1, index);
  return `v1.${bytes.toString('base64url')}`;
}

describe('an envelope', () => {
  it('opens under its key and for its context', () => {
    expect(keyEncryptionKey.open(envelope, context)).toBe('the private key');
  });

  it('never looks the same twice', () => {
    expect(keyEncryptionKey.seal('the private key', context)).not.toBe(envelope);
  });

  it('does not hold the plaintext', () => {
    expect(Buffer.from(envelope.slice(3), 'base64url').includes('private')).toBe(false);
  });

  it.each<[deviation: string, open: () => string]>([
    ['another key-encryption key', () => newKey().open(envelope, context)],
    ['another kid', () => keyEncryptionKey.open(envelope, ['kid-2', 'RS256'])],
    ['another alg', () => keyEncryptionKey.open(envelope, ['kid-1', 'ES256'])],
    ['a context whose parts are joined otherwise', () => keyEncryptionKey.open(envelope, ['kid-1RS256', ''])],
    ['an altered nonce', () => keyEncryptionKey.open(flipBit(envelope, 0), context)],
    ['an altered ciphertext', () => keyEncryptionKey.open(flipBit(envelope, 12), context)],
    ['an altered tag', () => keyEncryptionKey.open(flipBit(envelope, 12 + 15 + 15), context)],
    ['a missing last byte', () => keyEncryptionKey.open(envelope.slice(0, -2), context)],
    ['another version', () => keyEncryptionKey.open(envelope.replace('v1.', 'v2.'), context)],
    ['nothing in it', () => keyEncryptionKey.open('v1.', context)],
  ])('does not open with %s', (_deviation, open) => {
    expect(open).toThrow(/not an envelope|unable to authenticate/);
  });
});

describe('a key-encryption key', () => {
  it('has 32 bytes', () => {
    expect(() => KeyEncryptionKey.fromBase64url(randomBytes(31).toString('base64url'))).toThrow(TypeError);
  });

  it('derives a lasting secret for each purpose, and no two the same', () => {
    expect(keyEncryptionKey.deriveSecret('cookies')).toBe(keyEncryptionKey.deriveSecret('cookies'));
    expect(keyEncryptionKey.deriveSecret('cookies')).not.toBe(keyEncryptionKey.deriveSecret('other'));
    expect(keyEncryptionKey.deriveSecret('cookies')).not.toBe(newKey().deriveSecret('cookies'));
  });
});
