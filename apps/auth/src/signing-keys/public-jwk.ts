import { isDeepStrictEqual } from 'node:util';
import { ConfigurationError } from '@countersign/platform';
import { calculateJwkThumbprint, type JWK } from 'jose';
import type { SigningAlgorithm } from './key-ring.js';
import type { StoredKey } from './private-key-store.js';

/** The members that the thumbprint covers (RFC 7638 §3.2, RFC 8037 §2). */
const REQUIRED_MEMBERS = ['kty', 'crv', 'x', 'y', 'n', 'e'] as const;

/** What is published of a key: its public members, with the thumbprint as `kid`, for one algorithm and for signing. */
export async function toPublicJwk(jwk: JWK, alg: SigningAlgorithm): Promise<JWK & { readonly kid: string }> {
  const required: JWK = Object.fromEntries(
    REQUIRED_MEMBERS.flatMap((name) => (jwk[name] === undefined ? [] : [[name, jwk[name]]])),
  );
  return { ...required, kid: await calculateJwkThumbprint(required), alg, use: 'sig' };
}

/**
 * The public half stands in the row in the clear: without this comparison a row could publish a key that is not ours.
 *
 * @throws ConfigurationError when what the row publishes is not the public half of `actual`.
 */
export async function assertPublishes(stored: StoredKey, actual: JWK): Promise<void> {
  const expected = await toPublicJwk(actual, stored.alg);
  if (stored.kid !== expected.kid || !isDeepStrictEqual(stored.publicJwk, expected)) {
    throw new ConfigurationError([`signing key ${stored.kid}: its row was altered`]);
  }
}
