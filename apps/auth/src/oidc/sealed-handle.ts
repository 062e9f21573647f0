import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

const ALGORITHM = 'aes-256-gcm';
const KEY_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Encrypts a handle so that it opens with another one, which is random and long itself: whoever presents that one has
 * proven to know it, and the database alone, which has its hash, opens nothing.
 */
export function sealHandle(handle: string, openedBy: string): string {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv(ALGORITHM, keyFrom(openedBy), iv, { authTagLength: TAG_BYTES });
  return Buffer.concat([iv, cipher.update(handle, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString(
    'base64url',
  );
}

/** @throws when the sealed handle was altered, or was sealed for another */
export function openHandle(sealedHandle: string, openedBy: string): string {
  const sealed = Buffer.from(sealedHandle, 'base64url');
  const decipher = createDecipheriv(ALGORITHM, keyFrom(openedBy), sealed.subarray(0, IV_BYTES), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
  return decipher.update(sealed.subarray(IV_BYTES, -TAG_BYTES), undefined, 'utf8') + decipher.final('utf8');
}

/** HKDF (RFC 5869): the database knows the SHA-256 of the same handle, which says nothing about this key. */
function keyFrom(handle: string): Buffer {
  return Buffer.from(hkdfSync('sha256', handle, '', 'countersign:refresh-token-successor', KEY_BYTES));
}
