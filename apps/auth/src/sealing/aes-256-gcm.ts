import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

const ALGORITHM = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;

export const KEY_BYTES = 32;

/** The text is none that was sealed with this key and these additional data. */
export class UnsealRefusedError extends Error {
  override readonly name = 'UnsealRefusedError';
}

/**
 * @param additionalData what the text belongs to: it opens with nothing else. Empty when the key says that.
 * @returns initialisation vector, ciphertext, tag: another each time
 */
export function seal(plaintext: Uint8Array, key: Uint8Array, additionalData: Uint8Array): Buffer {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv(ALGORITHM, key, iv, { authTagLength: TAG_BYTES });
  cipher.setAAD(additionalData);
  return Buffer.concat([iv, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

/** @throws UnsealRefusedError when it was altered or cut, or sealed with another key or other additional data */
export function unseal(sealed: Uint8Array, key: Uint8Array, additionalData: Uint8Array): Buffer {
  if (sealed.byteLength < IV_BYTES + TAG_BYTES) throw new UnsealRefusedError('too short');
  const iv = sealed.subarray(0, IV_BYTES);
  const decipher = createDecipheriv(ALGORITHM, key, iv, { authTagLength: TAG_BYTES });
  decipher.setAAD(additionalData);
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
  const plaintext = decipher.update(sealed.subarray(IV_BYTES, -TAG_BYTES));
  try {
    return Buffer.concat([plaintext, decipher.final()]);
  } catch {
    throw new UnsealRefusedError('not what was sealed'); // the one thing that `final` can find here
  }
}

/** HKDF (RFC 5869): no derived secret serves two purposes, and none tells what it was derived from. */
export function derive(secret: string | Uint8Array, purpose: string, bytes: number): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', `countersign:${purpose}`, bytes));
}
