import { createHash, type JsonWebKey } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { AuthError } from '../auth-error.js';
import type { CompactJws } from '../jose/compact-jws.js';
import type { SignatureAlgorithm } from '../jose/signature-algorithm.js';
import { thumbprint } from '../jose/thumbprint.js';
import type { VerificationKey } from '../jose/verification-key.js';
import type { DpopNonces } from './dpop-nonces.js';
import {
  assertMethod,
  assertNonce,
  assertNoProofExtension,
  assertProofSignature,
  assertProofType,
  assertRecent,
  assertTarget,
  assertTokenHash,
  importProofKey,
  parseProof,
  parseProofClaims,
  requireProofAlgorithm,
  requirePublicJwk,
  requireSingleProof,
  type ProofClaims,
} from './proof-checks.js';
import type { PossessionProof } from './sender.js';
import type { UsedProofs } from './used-proofs.js';

export interface DpopVerifierOptions {
  readonly algorithms: readonly SignatureAlgorithm[];
  /** Those that proofs have to carry; null wants none. */
  readonly nonces: DpopNonces | null;
  readonly usedProofs: UsedProofs;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

const MAX_KEYS = 5_000;

/** The request that a proof has to be for. */
export interface ProvenRequest {
  readonly method: string;
  /** Without query and fragment, normalized. */
  readonly uri: string;
  readonly accessToken: string;
}

/**
 * Verifies DPoP proofs at a resource server (RFC 9449 §4.3, §7). The checks, in order:
 *
 * | check | when |
 * | --- | --- |
 * | (1) one proof, (2) compact JWS, (4) `typ`, no extension, (5) `alg`, (7) `jwk`, (3) claims and their types | before the access token is looked at |
 * | (8) `htm`, (9) `htu`, (11) `iat`, (12) `ath`, (10) nonce | the same |
 * | the key is the one that the token is bound to (`cnf.jkt`) | once the access token is verified |
 * | (6) the signature | the same |
 * | (§11.1) it was not used before | last |
 *
 * What comes before the access token takes a tenth of the time of a signature. The signature comes after it, so that only
 * who has a token for a key can have one verified with it: keys and signatures that a stranger makes up are never
 * computed with. Only a proof that is good in all else takes a place among the used ones.
 */
export class DpopVerifier {
  /** Keys of tokens that came before, ready to verify: to parse one takes a third of the time of its signature. */
  private readonly keys = new LRUCache<string, VerificationKey>({ max: MAX_KEYS });

  constructor(private readonly options: DpopVerifierOptions) {
    if (options.algorithms.length === 0) throw new TypeError('algorithms must name at least one');
  }

  /**
   * Checks all that takes neither key nor signature.
   *
   * @param headers the values of every `DPoP` header of the request
   * @throws AuthError
   */
  prepare(headers: readonly string[], request: ProvenRequest): PossessionProof {
    const { algorithms, nonces, now } = this.options;
    const jws = parseProof(requireSingleProof(headers));
    assertProofType(jws.header);
    assertNoProofExtension(jws.header);
    const algorithm = requireProofAlgorithm(jws.header, algorithms);
    const jwk = requirePublicJwk(jws.header);
    const claims = parseProofClaims(jws.payload);
    assertMethod(claims, request.method);
    assertTarget(claims, request.uri);
    assertRecent(claims, now() / 1_000);
    assertTokenHash(claims, request.accessToken);
    if (nonces !== null) assertNonce(claims, nonces);
    return { verify: (jkt) => this.verify({ jws, algorithm, jwk, claims }, jkt) };
  }

  private async verify({ jws, algorithm, jwk, claims }: CheckedProof, jkt: string): Promise<void> {
    assertBoundKey(jwk, jkt);
    assertProofSignature(jws, this.keyOf(jkt, jwk, algorithm));
    const { jti, iat } = claims;
    if (!(await this.options.usedProofs.use({ id: proofId(jkt, jti), issuedAt: iat }))) {
      throw new AuthError('proof_replayed', 'the proof was used before');
    }
  }

  /** @param jwk whose thumbprint is `jkt`: the same one means the same key */
  private keyOf(jkt: string, jwk: JsonWebKey, algorithm: SignatureAlgorithm): VerificationKey {
    const id = `${algorithm} ${jkt}`;
    const known = this.keys.get(id);
    if (known !== undefined) return known;
    const key = importProofKey(jwk, algorithm);
    this.keys.set(id, key);
    return key;
  }
}

interface CheckedProof {
  readonly jws: CompactJws;
  readonly algorithm: SignatureAlgorithm;
  readonly jwk: JsonWebKey;
  readonly claims: ProofClaims;
}

/** §4.3 (12), §6: whoever stole the token can make a proof, but by a key of his own. */
function assertBoundKey(jwk: JsonWebKey, jkt: string): void {
  if (thumbprint(jwk) !== jkt) {
    throw new AuthError('confirmation_unproven', 'the proof is by another key than the token is bound to');
  }
}

/** A `jti` is unique among those of its key (§4.2); JSON keeps the two apart. */
function proofId(jkt: string, jti: string): string {
  return createHash('sha256')
    .update(JSON.stringify([jkt, jti]))
    .digest('base64url');
}
