import { AuthError } from '../auth-error.js';
import { isSignatureAlgorithm, type SignatureAlgorithm } from './signature-algorithm.js';
import type { JsonObject } from './strict-json.js';

/** What a JOSE header has to look like before any key is looked up. */
export interface HeaderRules {
  readonly algorithms: readonly SignatureAlgorithm[];
  /** Media type without `application/`, lower case: `at+jwt`, `txntoken+jwt`. */
  readonly type: string;
}

export interface CheckedHeader {
  readonly algorithm: SignatureAlgorithm;
  readonly kid: string;
}

/**
 * The checks of a header, in order. All of them run before a key is looked up and before any cryptography, so a
 * hostile header costs nothing and reaches nothing.
 */
export function checkHeader(header: JsonObject, rules: HeaderRules): CheckedHeader {
  assertNoKeyFromToken(header);
  assertNoExtension(header);
  assertType(header, rules.type);
  return { algorithm: requireAlgorithm(header, rules.algorithms), kid: requireKid(header) };
}

/** The key comes from the issuer's JWKS, never from the token: with `jwk`, `jku` or `x5u` the forger brings it along (RFC 8725 §3.10). */
function assertNoKeyFromToken(header: JsonObject): void {
  for (const member of ['jwk', 'jku', 'x5c', 'x5u', 'x5t', 'x5t#S256']) {
    if (member in header) throw new AuthError('header_refused', `the header has ${member}`);
  }
}

/**
 * `crit` demands extensions that are not understood here (RFC 7515 §4.1.11: then the JWS is invalid), `b64` changes
 * what the signature covers (RFC 7797 §7: not in a JWT), `zip` and `cty` announce a content that is not a claims set.
 */
function assertNoExtension(header: JsonObject): void {
  for (const member of ['crit', 'b64', 'zip', 'cty', 'enc']) {
    if (member in header) throw new AuthError('header_refused', `the header has ${member}`);
  }
}

/** Explicit typing: an ID token or a logout token of the same issuer must not pass for another kind (RFC 8725 §3.11, RFC 9068 §4). */
function assertType(header: JsonObject, expected: string): void {
  const { typ } = header;
  if (typeof typ !== 'string') throw new AuthError('type_refused', 'the header has no typ');
  // RFC 7515 §4.1.9: a value without a slash stands for application/…; media types have no case.
  const type = typ.toLowerCase().replace(/^application\/(?=[^/]+$)/, '');
  if (type !== expected) throw new AuthError('type_refused', `the typ is not ${expected}`);
}

/** A list of what is accepted, compared to the letter: `none`, `nOnE` and HMAC with the public key as secret are not on it (RFC 8725 §3.1, §3.2). */
function requireAlgorithm(header: JsonObject, accepted: readonly SignatureAlgorithm[]): SignatureAlgorithm {
  const { alg } = header;
  if (!isSignatureAlgorithm(alg) || !accepted.includes(alg)) {
    throw new AuthError('algorithm_refused', 'the alg is not accepted');
  }
  return alg;
}

/** A `kid` is hostile input until a key answers to it: it never becomes part of a path, a query or a log line (RFC 8725 §3.10). */
function requireKid(header: JsonObject): string {
  const { kid } = header;
  if (typeof kid !== 'string' || !/^[A-Za-z0-9_.:=-]{1,128}$/.test(kid)) {
    throw new AuthError('header_refused', 'the kid is missing or not of the expected shape');
  }
  return kid;
}
