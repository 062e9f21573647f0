import { AuthError } from '../auth-error.js';

/**
 * Decodes base64url as RFC 7515 §2 has it: no padding, no other character, and exactly one spelling of the bytes.
 * Node's decoder forgives all three; with it one signature has several texts, and a token that was denied by its
 * text comes back in another.
 */
export function decodeBase64Url(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64url');
  if (bytes.toString('base64url') !== text) {
    throw new AuthError('token_malformed', 'a part of the token is not canonical base64url');
  }
  return bytes;
}
