import { createHash, timingSafeEqual } from 'node:crypto';

/**
 * A client secret is random and long, not a password that someone chose: one SHA-256 keeps it from whoever reads the
 * database, and a slow hash would only slow `/token` down.
 */
export function hashClientSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url');
}

export function verifyClientSecret(secret: string, secretHash: string): boolean {
  const actual = Buffer.from(hashClientSecret(secret));
  const expected = Buffer.from(secretHash);
  return actual.byteLength === expected.byteLength && timingSafeEqual(actual, expected);
}
