import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose';
import type { RingKey, SigningAlgorithm } from './key-ring.js';

/** RFC 7518 §3.3 asks for 2048 bits; 3072 are good beyond 2030 (NIST SP 800-57 part 1). */
const RSA_MODULUS_BITS = 3072;

/** A key of the ring together with what signs. */
export interface SigningKey extends RingKey {
  readonly publicJwk: JWK;
  readonly privateJwk: JWK;
}

/** Makes a key pair off the main thread. Its `kid` is the thumbprint (RFC 7638): no two keys can share one. */
export async function generateSigningKey(alg: SigningAlgorithm): Promise<SigningKey> {
  const pair = await generateKeyPair(alg, { extractable: true, modulusLength: RSA_MODULUS_BITS });
  const publicKey = await exportJWK(pair.publicKey);
  const kid = await calculateJwkThumbprint(publicKey);
  const members = { kid, alg, use: 'sig' };
  return {
    kid,
    alg,
    state: 'signing',
    createdAt: new Date(),
    publicJwk: { ...publicKey, ...members },
    privateJwk: { ...(await exportJWK(pair.privateKey)), ...members },
  };
}
