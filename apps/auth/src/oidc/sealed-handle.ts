import { derive, KEY_BYTES, seal, unseal } from '../sealing/aes-256-gcm.js';

/** The key opens one handle: there is nothing else to bind it to. */
const NO_ADDITIONAL_DATA = Buffer.alloc(0);

/**
 * Encrypts a handle so that it opens with another one, which is random and long itself: whoever presents that one has
 * proven to know it, and the database alone, which has its hash, opens nothing.
 */
export function sealHandle(handle: string, openedBy: string): string {
  return seal(Buffer.from(handle), keyFrom(openedBy), NO_ADDITIONAL_DATA).toString('base64url');
}

/** @throws UnsealRefusedError when the sealed handle was altered, or was sealed for another */
export function openHandle(sealedHandle: string, openedBy: string): string {
  return unseal(Buffer.from(sealedHandle, 'base64url'), keyFrom(openedBy), NO_ADDITIONAL_DATA).toString(
    'utf8',
  );
}

/** The database knows the SHA-256 of the same handle, which says nothing about this key. */
function keyFrom(handle: string): Buffer {
  return derive(handle, 'refresh-token-successor', KEY_BYTES);
}
