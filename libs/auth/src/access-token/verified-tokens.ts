import { LRUCache } from 'lru-cache';
import type { JsonObject } from '../jose/strict-json.js';
import type { VerificationKey } from '../jose/verification-key.js';
import { tokenDigest } from '../token-digest.js';

/** A token whose signature was verified, and by which key. */
export interface VerifiedToken {
  readonly claims: JsonObject;
  readonly key: VerificationKey;
}

export interface VerifiedTokensOptions {
  readonly maxEntries: number;
  /** Of all tokens that are held, as long as they were on the wire. */
  readonly maxBytes: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** How look-ups ended since the start. */
export type VerifiedTokensOutcome = 'hit' | 'miss';

/**
 * Tokens that were accepted before, so that the next request with one costs a digest in place of a signature.
 *
 * It answers for the signature, and for nothing else: time, revocation and every other rule of the claims are held
 * against each request anew, and the key has to be in the issuer's set still. An event that revokes a key, a subject, a
 * session or a client therefore counts at once, without anything being searched for here.
 *
 * - What is looked up is a digest of the token to the last character. A second spelling of an accepted token (padding,
 *   spare bits of a signature) has another digest, and takes the long way to its refusal.
 * - No token stays in memory: who reads a dump of it finds claims, and nothing to present.
 * - Only what was accepted gets in, so that forgeries push out nothing; what was used least lately goes first.
 */
export class VerifiedTokens {
  /** Read by whoever shows metrics. */
  readonly outcomes: Record<VerifiedTokensOutcome, number> = { hit: 0, miss: 0 };
  private readonly tokens: LRUCache<string, VerifiedToken>;

  constructor(private readonly options: VerifiedTokensOptions) {
    const { maxEntries, maxBytes, now } = options;
    this.tokens = new LRUCache({ max: maxEntries, maxSize: maxBytes, perf: { now }, ttlResolution: 0 });
  }

  /** How many are held. */
  get size(): number {
    return this.tokens.size;
  }

  /** What `token` says, if its signature was verified before. */
  find(token: string): VerifiedToken | undefined {
    const known = this.tokens.get(tokenDigest(token));
    this.outcomes[known === undefined ? 'miss' : 'hit']++;
    return known;
  }

  /** @param verified all that is known of `token`, which has been accepted; its `exp` is a time */
  add(token: string, verified: VerifiedToken): void {
    const ttl = Number(verified.claims['exp']) * 1_000 - this.options.now();
    // Within the skew that is forgiven a token is accepted, but no longer worth a place.
    if (ttl <= 0) return;
    this.tokens.set(tokenDigest(token), verified, { ttl, size: token.length });
  }
}
