import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { isSignatureAlgorithm, type SignatureAlgorithm } from './signature-algorithm.js';
import { isJsonObject } from './strict-json.js';

const MIN_RSA_BITS = 2_048;
const MIN_RSA_EXPONENT = 65_537n;
const MAX_RSA_BITS = 8_192;

/** A public key that may verify, bound to the one algorithm it is for. */
export interface VerificationKey {
  readonly kid: string;
  readonly algorithm: SignatureAlgorithm;
  readonly key: KeyObject;
}

/** Why a member of a JWKS was not taken. */
export class UnusableKeyError extends Error {
  override readonly name = 'UnusableKeyError';
}

/**
 * Turns one member of a JWKS into a key, or says why not.
 *
 * A key is for one algorithm (RFC 8725 §3.1): its `alg`, or the only one its type can mean. Weak keys are refused
 * here because the libraries below accept them: RSA under 2048 bits, and exponents with which a signature can be
 * forged without any private key (e = 1). Symmetric keys never verify: with one of them the verifier could sign.
 *
 * @throws UnusableKeyError
 */
export function importVerificationKey(jwk: unknown): VerificationKey {
  if (!isJsonObject(jwk)) throw new UnusableKeyError('is not an object');
  const { kid, kty, use, key_ops: operations } = jwk;
  if (typeof kid !== 'string' || kid === '') throw new UnusableKeyError('has no kid');
  if (kty !== 'RSA' && kty !== 'EC' && kty !== 'OKP')
    throw new UnusableKeyError('is of a type not used here');
  if (use !== undefined && use !== 'sig') throw new UnusableKeyError('is not for signatures');
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes('verify'))) {
    throw new UnusableKeyError('is not for verification');
  }
  const algorithm = algorithmOf(jwk);
  const key = parseKey(jwk);
  assertStrong(key);
  return { kid, algorithm, key };
}

function algorithmOf(jwk: Readonly<Record<string, unknown>>): SignatureAlgorithm {
  const possible = possibleAlgorithms(jwk);
  const algorithm = jwk['alg'] ?? possible[0];
  if (!isSignatureAlgorithm(algorithm) || !possible.includes(algorithm)) {
    throw new UnusableKeyError('has an alg that is not used here or does not fit its type');
  }
  return algorithm;
}

/** First what a key without `alg` is taken for. */
function possibleAlgorithms({ kty, crv }: Readonly<Record<string, unknown>>): readonly SignatureAlgorithm[] {
  if (kty === 'RSA') return ['RS256', 'PS256'];
  if (kty === 'EC' && crv === 'P-256') return ['ES256'];
  if (kty === 'OKP' && crv === 'Ed25519') return ['EdDSA', 'Ed25519'];
  return [];
}

function parseKey(jwk: Readonly<Record<string, unknown>>): KeyObject {
  // The public members alone: a private key published by mistake must not become usable here.
  const { kty, n, e, crv, x, y } = jwk as JsonWebKey;
  try {
    return createPublicKey({ key: { kty, n, e, crv, x, y }, format: 'jwk' });
  } catch (cause) {
    throw new UnusableKeyError('has values that are no key (a point off its curve, a missing member)', {
      cause,
    });
  }
}

function assertStrong(key: KeyObject): void {
  if (key.asymmetricKeyType !== 'rsa') return;
  const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {};
  if (modulusLength < MIN_RSA_BITS || modulusLength > MAX_RSA_BITS) {
    throw new UnusableKeyError(`has ${modulusLength} bits`);
  }
  if (publicExponent < MIN_RSA_EXPONENT || publicExponent % 2n === 0n) {
    throw new UnusableKeyError(`has the public exponent ${publicExponent}`);
  }
}
