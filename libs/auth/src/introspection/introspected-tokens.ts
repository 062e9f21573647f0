import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { AuthError, type AuthErrorCode } from '../auth-error.js';
import { describeError } from '../describe-error.js';
import type { JsonObject } from '../jose/strict-json.js';
import { Allowance } from './allowance.js';

export interface IntrospectedTokensOptions {
  /**
   * Has a token introspected; its own deadline is its duty.
   *
   * @returns its claims, with an `exp` that is a time
   * @throws AuthError for a token that is refused; any other error is an outage
   */
  readonly introspect: (token: string) => Promise<JsonObject>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** How introspections ended since the start. */
export type IntrospectionOutcome = 'cached' | 'active' | 'refused' | 'failed' | 'shed';

interface ActiveToken {
  readonly claims: JsonObject;
  /** Until when the answer counts, in milliseconds since the epoch. */
  readonly freshUntil: number;
}

interface Refusal {
  readonly code: AuthErrorCode;
  readonly detail: string;
}

/** For this long a token that was revoked may still be accepted, when no event tells of it. */
const MAX_FRESH_MS = 30_000;
const REFUSED_MS = 5_000;
const MAX_ACTIVE = 10_000;
const MAX_REFUSED = 10_000;

/** Introspections at a time: of tokens that were active before, and of those that nobody has seen. */
const MAX_CONCURRENT = { known: 32, unknown: 16 } as const;
/** Our issuer answers 429 in place of more than 1,000 "inactive" a minute; this is less than half. */
const UNKNOWN_REFUSED = { capacity: 200, perSecond: 4 } as const;

/**
 * What the issuer said of opaque tokens. Every bound is about callers that nobody has authenticated yet:
 *
 * - The key is a digest: no token stays in memory.
 * - An answer counts for 30 seconds and never beyond `exp`; a refusal for 5 seconds, in a store of its own, so that
 *   random tokens push out nothing that is good.
 * - One token is asked for once at a time, however many requests bring it.
 * - Tokens that were active before have introspections and the issuer's patience for themselves: a flood of random
 *   ones delays those that nobody has seen, and no others.
 * - What cannot be asked, because of us or of the issuer, is `introspection_unavailable` (503): the token may be good.
 */
export class IntrospectedTokens {
  /** Read by whoever shows metrics. */
  readonly outcomes: Record<IntrospectionOutcome, number> = {
    cached: 0,
    active: 0,
    refused: 0,
    failed: 0,
    shed: 0,
  };
  /** Kept until `exp`, beyond its freshness: that a token was active is what gives it precedence. */
  private readonly active: LRUCache<string, ActiveToken>;
  private readonly refused: LRUCache<string, Refusal>;
  private readonly asking = new Map<string, Promise<JsonObject>>();
  private readonly concurrent = { known: 0, unknown: 0 };
  private readonly unknownRefused: Allowance;

  constructor(private readonly options: IntrospectedTokensOptions) {
    const { now } = options;
    this.active = new LRUCache({ max: MAX_ACTIVE, perf: { now }, ttlResolution: 0 });
    this.refused = new LRUCache({ max: MAX_REFUSED, ttl: REFUSED_MS, perf: { now }, ttlResolution: 0 });
    this.unknownRefused = new Allowance({ ...UNKNOWN_REFUSED, now });
  }

  /**
   * The claims of an active token. They are as old as the cache lets them be: hold them against the clock and against
   * what has been revoked since.
   *
   * @throws AuthError for a token that is refused, or `introspection_unavailable`
   */
  async claimsOf(token: string): Promise<JsonObject> {
    const key = createHash('sha256').update(token).digest('base64url');
    const known = this.active.get(key);
    if (known !== undefined && this.options.now() < known.freshUntil) {
      this.outcomes.cached++;
      return known.claims;
    }
    const refusal = this.refused.get(key);
    if (refusal !== undefined) {
      this.outcomes.cached++;
      throw new AuthError(refusal.code, refusal.detail);
    }
    return this.asking.get(key) ?? this.ask(key, token, known === undefined ? 'unknown' : 'known');
  }

  private async ask(key: string, token: string, kind: keyof typeof MAX_CONCURRENT): Promise<JsonObject> {
    if (
      this.concurrent[kind] >= MAX_CONCURRENT[kind] ||
      (kind === 'unknown' && this.unknownRefused.isSpent)
    ) {
      this.outcomes.shed++;
      throw new AuthError('introspection_unavailable', `too many introspections of ${kind} tokens`);
    }
    this.concurrent[kind]++;
    const answer = this.introspect(key, token, kind).finally(() => {
      this.concurrent[kind]--;
      this.asking.delete(key);
    });
    this.asking.set(key, answer);
    return answer;
  }

  private async introspect(
    key: string,
    token: string,
    kind: keyof typeof MAX_CONCURRENT,
  ): Promise<JsonObject> {
    const askedAt = this.options.now();
    try {
      const claims = await this.options.introspect(token);
      this.outcomes.active++;
      this.keep(key, claims, askedAt);
      return claims;
    } catch (error) {
      // An issuer that fails, or has enough (429), is asked no more often than one that refuses.
      if (kind === 'unknown') this.unknownRefused.spend();
      if (!(error instanceof AuthError)) {
        this.outcomes.failed++;
        throw new AuthError('introspection_unavailable', `no introspection: ${describeError(error)}`, {
          cause: error,
        });
      }
      if (error.oauthError === 'invalid_token') {
        this.outcomes.refused++;
        this.active.delete(key);
        this.refused.set(key, { code: error.code, detail: error.detail });
      }
      throw error;
    }
  }

  /** The time counts from the question: the answer may have been on its way for a while. */
  private keep(key: string, claims: JsonObject, askedAt: number): void {
    const expiresAt = Number(claims['exp']) * 1_000;
    const ttl = expiresAt - this.options.now();
    if (!(ttl > 0)) return; // accepted within the skew that is forgiven, and asked for again
    this.active.set(key, { claims, freshUntil: Math.min(askedAt + MAX_FRESH_MS, expiresAt) }, { ttl });
  }
}
