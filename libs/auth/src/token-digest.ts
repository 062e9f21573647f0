import { createHash } from 'node:crypto';

/** SHA-256 of a token to its last character, base64url: what stands for the token where the token must not stay. */
export function tokenDigest(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}
