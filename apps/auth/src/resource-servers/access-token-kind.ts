import type { KeyObject } from 'node:crypto';
import { SIGNING_ALGORITHMS, type SigningAlgorithm } from '../signing-keys/key-ring.js';

/** How the access tokens of a resource server are made, which decides who can verify them. */
export type AccessTokenKind =
  /** A JWT (RFC 9068) signed with the issuer's key: whoever has the JWKS verifies it, and nobody else can make one. */
  | { readonly name: SigningAlgorithm }
  /** A random handle, of which only the issuer knows what it means (RFC 7662). */
  | { readonly name: 'opaque' }
  /**
   * A JWT under a secret that the issuer shares with one backend: that backend could make such tokens too, so that
   * the secret is of one resource server and counts at no other.
   */
  | { readonly name: 'HS256'; readonly secret: KeyObject };

/** A kind that a client can choose: HS256 is none, as nobody is to be talked into it. */
export type AccessTokenKindChoice = SigningAlgorithm | 'opaque';

export function isSigningAlgorithm(name: string): name is SigningAlgorithm {
  return (SIGNING_ALGORITHMS as readonly string[]).includes(name);
}
