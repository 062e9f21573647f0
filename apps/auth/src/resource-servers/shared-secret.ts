import { createSecretKey, randomBytes, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readOrCreate } from '../data-folder/read-or-create.js';

/** RFC 7518 §3.2: a key at least as long as the digest. */
const MIN_BYTES = 32;
/** 32 random bytes have fewer different ones than this with a probability below 10⁻¹⁵; typed ones nearly always do. */
const MIN_DIFFERENT_BYTES = 16;
const BASE64URL = /^[A-Za-z0-9_-]+$/;

/**
 * The secret that an HS256 resource server shares with the issuer, from base64url text. The alphabet alone keeps a
 * public key out, PEM or JSON: whoever knew such a "secret" could sign with it (RFC 8725 §2.1).
 *
 * @throws TypeError when it is too short or cannot be random.
 */
function parseSharedSecret(text: string): KeyObject {
  const bytes = BASE64URL.test(text) ? Buffer.from(text, 'base64url') : Buffer.alloc(0);
  if (bytes.byteLength < MIN_BYTES) throw new TypeError('is not 32 bytes or more in base64url');
  if (new Set(bytes).size < MIN_DIFFERENT_BYTES) throw new TypeError('is not random');
  return createSecretKey(bytes);
}

/** @throws TypeError as `parseSharedSecret`, or when the file cannot be read. */
export function readSharedSecret(file: string): KeyObject {
  let text: string;
  try {
    text = readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new TypeError(`cannot be read (${(error as NodeJS.ErrnoException).code})`, { cause: error });
  }
  return parseSharedSecret(text);
}

/** A secret of the demo: the first start writes it, and the backend of the demo reads it there. */
export function readOrCreateSharedSecret(file: string): KeyObject {
  return parseSharedSecret(readOrCreate(file, () => randomBytes(MIN_BYTES).toString('base64url')));
}
