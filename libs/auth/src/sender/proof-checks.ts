import type { JsonWebKey } from 'node:crypto';
import { AuthError } from '../auth-error.js';
import { parseCompactJws, type CompactJws } from '../jose/compact-jws.js';
import {
  isSignatureAlgorithm,
  verifySignature,
  type SignatureAlgorithm,
} from '../jose/signature-algorithm.js';
import { isJsonObject, parseStrictJson, type JsonObject } from '../jose/strict-json.js';
import { importVerificationKey, UnusableKeyError, type VerificationKey } from '../jose/verification-key.js';
import { tokenDigest } from '../token-digest.js';
import type { DpopNonces } from './dpop-nonces.js';
import { MAX_PROOF_AGE_SECONDS, MAX_PROOF_AHEAD_SECONDS } from './proof-lifetime.js';
import { isUri } from './target-uri.js';

/** The claims of a proof by their types (RFC 9449 §4.2); nothing in them is trusted yet. */
export interface ProofClaims {
  readonly jti: string;
  readonly htm: string;
  readonly htu: string;
  readonly iat: number;
  readonly ath: string;
  readonly nonce: string | undefined;
}

/** A proof by an RSA key of 4096 bits has about 2,400 characters, and its `htu`. */
const MAX_PROOF_LENGTH = 4_096;
const MAX_JTI_LENGTH = 255;
const MAX_RSA_MODULUS_LENGTH = 683; // of 4096 bits, in base64url
/** 65537. Another exponent can be as long as the modulus, and then verifying costs what signing costs. */
const RSA_EXPONENT = 'AQAB';

/** §4.3 (1): exactly one. With two, what one reader checks another does not use. */
export function requireSingleProof(headers: readonly string[]): string {
  const [proof] = headers;
  if (proof === undefined) throw new AuthError('proof_missing', 'there is no DPoP header');
  // A list in one header is two headers to everyone between us and the client (RFC 9110 §5.3); no JWT has its comma.
  if (headers.length > 1) throw new AuthError('proof_malformed', 'there are several proofs');
  return proof;
}

/** §4.3 (2): a well-formed JWT, in the one serialization and the one spelling that there is. */
export function parseProof(proof: string): CompactJws {
  if (proof.length > MAX_PROOF_LENGTH) throw new AuthError('proof_malformed', 'the proof is too long');
  return malformedUnlessParsed(() => parseCompactJws(proof));
}

/** §4.3 (4): explicit typing, so that no other JWT that the client signs is a proof, and no proof is another (RFC 8725 §3.11). */
export function assertProofType({ typ }: JsonObject): void {
  if (typeof typ !== 'string' || typ.toLowerCase() !== 'dpop+jwt') {
    throw new AuthError('proof_malformed', 'the typ of the proof is not dpop+jwt');
  }
}

/** `crit` demands extensions that are not understood here (RFC 7515 §4.1.11); `b64` changes what is signed. */
export function assertNoProofExtension(header: JsonObject): void {
  for (const member of ['crit', 'b64', 'zip', 'enc']) {
    if (member in header) throw new AuthError('proof_malformed', `the header of the proof has ${member}`);
  }
}

/** §4.3 (5): asymmetric, and on a list of what is accepted. `none` and HMAC prove nothing: their key is in the proof. */
export function requireProofAlgorithm(
  { alg }: JsonObject,
  accepted: readonly SignatureAlgorithm[],
): SignatureAlgorithm {
  if (!isSignatureAlgorithm(alg) || !accepted.includes(alg)) {
    throw new AuthError('proof_key_refused', 'the alg of the proof is not accepted');
  }
  return alg;
}

/**
 * §4.3 (7): a public key and nothing else: a client that shows its private key has none. Its size is bounded before it
 * is parsed, as it is the sender's to choose and ours to compute with.
 */
export function requirePublicJwk({ jwk }: JsonObject): JsonWebKey {
  if (!isJsonObject(jwk)) throw new AuthError('proof_malformed', 'the header of the proof has no jwk');
  for (const member of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']) {
    if (member in jwk) throw new AuthError('proof_key_refused', 'the jwk of the proof has a private member');
  }
  const { kty, n, e } = jwk;
  if (kty !== 'RSA' && kty !== 'EC' && kty !== 'OKP') {
    throw new AuthError('proof_key_refused', 'the jwk of the proof is of a type not used here');
  }
  if (kty === 'RSA' && (typeof n !== 'string' || n.length > MAX_RSA_MODULUS_LENGTH || e !== RSA_EXPONENT)) {
    throw new AuthError(
      'proof_key_refused',
      'the jwk of the proof is too large, or has an exponent of its own',
    );
  }
  return jwk;
}

/** §4.3 (3): the claims that a proof has to have, each of its type. */
export function parseProofClaims(payload: Uint8Array): ProofClaims {
  const { jti, htm, htu, iat, ath, nonce } = malformedUnlessParsed(() => parseStrictJson(payload));
  if (typeof jti !== 'string' || jti === '' || jti.length > MAX_JTI_LENGTH) {
    throw new AuthError('proof_malformed', 'the jti of the proof is missing or not an identifier');
  }
  if (typeof htm !== 'string')
    throw new AuthError('proof_malformed', 'the htm of the proof is missing or not text');
  if (typeof htu !== 'string')
    throw new AuthError('proof_malformed', 'the htu of the proof is missing or not text');
  if (typeof iat !== 'number' || !Number.isFinite(iat)) {
    throw new AuthError('proof_malformed', 'the iat of the proof is missing or not a time');
  }
  if (typeof ath !== 'string')
    throw new AuthError('proof_malformed', 'the ath of the proof is missing or not text');
  if (nonce !== undefined && typeof nonce !== 'string') {
    throw new AuthError('proof_malformed', 'the nonce of the proof is not text');
  }
  return { jti, htm, htu, iat, ath, nonce };
}

/** §4.3 (8): a proof that was made to read does not delete. Methods have a case (RFC 9110 §9.1). */
export function assertMethod({ htm }: ProofClaims, method: string): void {
  if (htm !== method)
    throw new AuthError('proof_mismatch', 'the htm of the proof is not the method of the request');
}

/** §4.3 (9): a proof for another server, or another resource of this one, is of no use here. */
export function assertTarget({ htu }: ProofClaims, uri: string): void {
  if (!isUri(htu, uri))
    throw new AuthError('proof_mismatch', 'the htu of the proof is not the URI of the request');
}

/** §4.3 (11), §11.1: made just now. What was used is remembered for as long, and no longer. */
export function assertRecent({ iat }: ProofClaims, nowSeconds: number): void {
  if (iat < nowSeconds - MAX_PROOF_AGE_SECONDS) throw new AuthError('proof_untimely', 'the proof is too old');
  if (iat > nowSeconds + MAX_PROOF_AHEAD_SECONDS) {
    throw new AuthError('proof_untimely', 'the iat of the proof lies ahead');
  }
}

/** §4.3 (12): made for this access token. Else a proof that was made for one token would serve another. */
export function assertTokenHash({ ath }: ProofClaims, accessToken: string): void {
  if (ath !== tokenDigest(accessToken)) {
    throw new AuthError('proof_mismatch', 'the ath of the proof is not of the access token');
  }
}

/** §4.3 (10), §9: made after we gave a nonce out. Else a thief could have had it made for this time long before. */
export function assertNonce({ nonce }: ProofClaims, nonces: DpopNonces): void {
  if (nonce === undefined || !nonces.isValid(nonce)) {
    throw new AuthError('proof_nonce_required', 'the proof has no nonce of ours, or an old one');
  }
}

/** §4.3 (6): signed by the key that it shows. */
export function assertProofSignature(jws: CompactJws, key: VerificationKey): void {
  if (!verifySignature(key.algorithm, key.key, jws.signingInput, jws.signature)) {
    throw new AuthError('proof_signature_invalid', 'the signature of the proof is not of its key');
  }
}

/** The key in a proof, under the policy of an issuer's: on its curve, not weak, and of the type that `alg` is for. */
export function importProofKey(jwk: JsonWebKey, alg: SignatureAlgorithm): VerificationKey {
  try {
    return importVerificationKey({ ...jwk, alg, kid: 'proof' });
  } catch (error) {
    if (!(error instanceof UnusableKeyError)) throw error;
    throw new AuthError('proof_key_refused', `the jwk of the proof ${error.message}`, { cause: error });
  }
}

function malformedUnlessParsed<Parsed>(parse: () => Parsed): Parsed {
  try {
    return parse();
  } catch (cause) {
    if (!(cause instanceof AuthError)) throw cause;
    throw new AuthError('proof_malformed', 'the proof is not a compact JWS of strict JSON', { cause });
  }
}
