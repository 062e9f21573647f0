import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

const SECRET_BYTES = 32;

/** 256 random bits: nobody can guess it, and nobody has to remember it. */
export function generateClientSecret(): string {
  return randomBytes(SECRET_BYTES).toString('base64url');
}

/**
 * A client secret is random and long, not a password that someone chose: one SHA-256 keeps it from whoever reads the
 * database, and a slow hash would only slow `/token` down.
 */
export function hashClientSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url');
}

/**
 * @param secretHashes of the secrets that are good now, with a space between: while a client changes its secret there
 * are two
 */
export function verifyClientSecret(secret: string, secretHashes: string): boolean {
  const actual = Buffer.from(hashClientSecret(secret));
  const matches = secretHashes.split(' ').map((secretHash) => {
    const expected = Buffer.from(secretHash);
    return actual.byteLength === expected.byteLength && timingSafeEqual(actual, expected);
  });
  return matches.includes(true);
}
