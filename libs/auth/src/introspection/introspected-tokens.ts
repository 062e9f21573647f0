import { LRUCache } from 'lru-cache';
import { AuthError, type AuthErrorCode } from '../auth-error.js';
import { describeError } from '../describe-error.js';
import type { JsonObject } from '../jose/strict-json.js';
import { tokenDigest } from '../token-digest.js';
import { Allowance } from './allowance.js';
import { Turns } from './turns.js';

export interface IntrospectedTokensOptions {
  /**
   * Has a token introspected; to end in `timeoutMs` is its duty.
   *
   * @returns its claims, with an `exp` that is a time
   * @throws AuthError for a token that is refused; any other error is an outage
   */
  readonly introspect: (token: string, timeoutMs: number) => Promise<JsonObject>;
  /** For an answer, with the wait for one's turn. */
  readonly timeoutMs: number;
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

/** A token is of the first kind when it was active before, and of the second when nobody has seen it. */
type Kind = 'known' | 'unknown';
/** Introspections at a time, and what may wait for one. */
const TURNS = { known: { concurrent: 32, waiting: 256 }, unknown: { concurrent: 16, waiting: 256 } } as const;
/** The part of the time for which one waits: an introspection that had no time left would be asked for in vain. */
const WAITING_PART = 0.5;
/**
 * What unknown tokens may cost that come to nothing, refused or not answered. Our issuer answers 429 in place of more
 * than 1,000 "inactive" a minute to one client at one network; this is less than half. It is for each gateway: several
 * that share a network share the issuer's patience too.
 */
const UNKNOWN_IN_VAIN = { capacity: 200, perSecond: 4 } as const;

/**
 * What the issuer said of opaque tokens. Every bound is about callers that nobody has authenticated yet:
 *
 * - The key is a digest: no token stays in memory.
 * - An answer counts for 30 seconds and never beyond `exp`; a refusal for 5 seconds, in a store of its own, so that
 *   random tokens push out nothing that is good.
 * - One token is asked for once at a time, however many requests bring it.
 * - Tokens that were active before have introspections and the issuer's patience for themselves: a flood of random
 *   ones keeps out those that nobody has seen, and no others.
 * - What comes in a burst waits for its turn; who comes when too many wait is sent away.
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
  private readonly turns: Readonly<Record<Kind, Turns>> = {
    known: new Turns(TURNS.known),
    unknown: new Turns(TURNS.unknown),
  };
  private readonly unknownInVain: Allowance;

  constructor(private readonly options: IntrospectedTokensOptions) {
    const { now } = options;
    this.active = new LRUCache({ max: MAX_ACTIVE, perf: { now }, ttlResolution: 0 });
    this.refused = new LRUCache({ max: MAX_REFUSED, ttl: REFUSED_MS, perf: { now }, ttlResolution: 0 });
    this.unknownInVain = new Allowance({ ...UNKNOWN_IN_VAIN, now });
  }

  /**
   * The claims of an active token. They are as old as the cache lets them be: hold them against the clock and against
   * what has been revoked since.
   *
   * @throws AuthError for a token that is refused, or `introspection_unavailable`
   */
  async claimsOf(token: string): Promise<JsonObject> {
    const key = tokenDigest(token);
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

  private ask(key: string, token: string, kind: Kind): Promise<JsonObject> {
    const answer = this.inTurn(key, token, kind).finally(() => this.asking.delete(key));
    this.asking.set(key, answer);
    return answer;
  }

  private async inTurn(key: string, token: string, kind: Kind): Promise<JsonObject> {
    const { timeoutMs, now } = this.options;
    const cameAt = now();
    this.assertAllowed(kind);
    if (!(await this.turns[kind].take(timeoutMs * WAITING_PART))) throw this.shed(kind);
    try {
      this.assertAllowed(kind); // those before it may have spent what there was
      const waitedMs = Math.min(timeoutMs, Math.max(0, now() - cameAt)); // whoever sets the clock meanwhile
      return await this.introspect(key, token, kind, timeoutMs - waitedMs);
    } finally {
      this.turns[kind].giveBack();
    }
  }

  private assertAllowed(kind: Kind): void {
    if (kind === 'unknown' && this.unknownInVain.isSpent) throw this.shed(kind);
  }

  private shed(kind: Kind): AuthError {
    this.outcomes.shed++;
    return new AuthError('introspection_unavailable', `too many introspections of ${kind} tokens`);
  }

  private async introspect(key: string, token: string, kind: Kind, timeoutMs: number): Promise<JsonObject> {
    const askedAt = this.options.now();
    try {
      const claims = await this.options.introspect(token, timeoutMs);
      this.outcomes.active++;
      this.keep(key, claims, askedAt);
      return claims;
    } catch (error) {
      // An issuer that fails, or has enough (429), is asked no more often than one that refuses.
      if (kind === 'unknown') this.unknownInVain.spend();
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
