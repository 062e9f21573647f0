import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { UnwrapRefusedError } from './key-encryption-key.js';
import { LocalKeyEncryptionKey } from './local-key-encryption-key.js';

const newKey = () => LocalKeyEncryptionKey.fromBase64url(randomBytes(32).toString('base64url'));
const key = newKey();
const context = { kid: 'kid-1', alg: 'RS256' };
const plaintext = Buffer.from('the private key');
const wrapped = await key.wrap(plaintext, context);

function flipBit(bytes: Uint8Array, index: number): Uint8Array {
  return bytes.map((byte, position) => (position === index ? byte ^ 1 : byte));
}

describe('a local key-encryption key', () => {
  it('unwraps what it wrapped, for its context', async () => {
    expect(Buffer.from(await key.unwrap(wrapped, { alg: 'RS256', kid: 'kid-1' }))).toEqual(plaintext);
  });

  it('never wraps the same twice, and leaves nothing in the clear', async () => {
    expect(await key.wrap(plaintext, context)).not.toEqual(wrapped);
    expect(Buffer.from(wrapped).includes('private')).toBe(false);
  });

  it.each<[deviation: string, unwrap: () => Promise<unknown>]>([
    ['another key', () => newKey().unwrap(wrapped, context)],
    ['another kid', () => key.unwrap(wrapped, { ...context, kid: 'kid-2' })],
    ['another alg', () => key.unwrap(wrapped, { ...context, alg: 'ES256' })],
    ['a context with less in it', () => key.unwrap(wrapped, { kid: 'kid-1' })],
    ['a context whose parts are joined otherwise', () => key.unwrap(wrapped, { kid: 'kid-1RS256', alg: '' })],
    ['an altered nonce', () => key.unwrap(flipBit(wrapped, 0), context)],
    ['an altered ciphertext', () => key.unwrap(flipBit(wrapped, 12), context)],
    ['an altered tag', () => key.unwrap(flipBit(wrapped, wrapped.length - 1), context)],
    ['a missing last byte', () => key.unwrap(wrapped.subarray(0, -1), context)],
    ['nothing in it', () => key.unwrap(new Uint8Array(), context)],
  ])('refuses %s', async (_deviation, unwrap) => {
    await expect(unwrap()).rejects.toThrow(UnwrapRefusedError);
  });

  it('has 32 bytes', () => {
    const short = randomBytes(31).toString('base64url');
    expect(() => LocalKeyEncryptionKey.fromBase64url(short)).toThrow(TypeError);
  });

  it('has an id that tells it from others and is no part of it', () => {
    const text = randomBytes(32).toString('base64url');
    const { id } = LocalKeyEncryptionKey.fromBase64url(text);
    expect(id).toMatch(/^[0-9a-f]{16}$/);
    expect(id).toBe(LocalKeyEncryptionKey.fromBase64url(text).id);
    expect(id).not.toBe(key.id);
    expect(Buffer.from(text, 'base64url').toString('hex')).not.toContain(id);
  });

  it('derives a lasting secret for each purpose, and no two the same', async () => {
    const cookies = await key.deriveSecret('cookies');
    expect(await key.deriveSecret('cookies')).toBe(cookies);
    expect(await key.deriveSecret('other')).not.toBe(cookies);
    expect(await newKey().deriveSecret('cookies')).not.toBe(cookies);
  });
});
