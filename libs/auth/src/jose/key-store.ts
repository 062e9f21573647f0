import { AuthError } from '../auth-error.js';
import { describeError } from '../describe-error.js';
import type { VerificationKey } from './verification-key.js';
import { UnusableKeyError } from './verification-key.js';

export interface KeyStoreOptions {
  /** Fetches the issuer's whole JWKS; its own deadline and size limit are its duty. */
  readonly fetchKeys: () => Promise<readonly unknown[]>;
  /** Makes a key of one JWK. @throws UnusableKeyError */
  readonly importKey: (jwk: unknown) => VerificationKey;
  /** Age at which the set is fetched again in the background. */
  readonly refreshAfterMs: number;
  /** Age up to which a set goes on serving while the issuer cannot be reached. */
  readonly maxStaleMs: number;
  /** Least time between two fetches that unknown `kid`s cause. */
  readonly unknownKidCooldownMs: number;
  /** Least time between two attempts while the issuer cannot be reached. */
  readonly retryAfterMs: number;
  readonly onWarning: (message: string) => void;
  readonly now: () => number;
}

/** What a key store tells of itself, for metrics. */
export interface KeySetFigures {
  /** Age of the set in milliseconds; infinite before the first. */
  readonly ageMs: number;
  /** For how long the set has been older than it should be, while fetches of it fail, in milliseconds; else 0. */
  readonly staleMs: number;
  /** Keys in the set. */
  readonly size: number;
  /** Fetches of the set since the start, by what came of them. */
  readonly fetches: Readonly<Record<KeyFetchOutcome, number>>;
  /** Look-ups since the start of a `kid` that the set had not: those that went with a fetch, and those spared one. */
  readonly unknownKids: Readonly<Record<UnknownKidOutcome, number>>;
}

export type KeyFetchOutcome = 'fetched' | 'failed';
export type UnknownKidOutcome = 'looked_up' | 'spared';

/** How long after a revocation the key that follows may still have to be made. */
const SUCCESSOR_MS = 10_000;

/**
 * An issuer's keys: the whole set, fetched ahead of need, served from memory.
 *
 * - A request never waits for a fetch while a usable set is there, so an outage of the issuer is not one of the API.
 * - An unknown `kid` costs at most one fetch in each cool-down, however many arrive (unauthenticated callers could
 *   otherwise turn the gateway on the issuer), and that budget is not the scheduled refresh's: a flood cannot starve it.
 * - Without a usable set, or with a `kid` that may be newer than it while the issuer cannot be reached, the answer is
 *   `keys_unavailable` (503): the token may be perfectly good.
 * - A revoked key is gone at once and for good: a cache on the way may serve an older set that still has it.
 * - Its successor may be made only then, and sign at once: for some seconds after a revocation an unknown `kid` is looked
 *   up without a cool-down, one fetch after the other. Only the issuer can bring that about.
 * - One unusable key does not take the set down; two keys with one `kid` are both refused, as nobody can say which.
 */
export class KeyStore implements KeySetFigures {
  readonly fetches: Record<KeyFetchOutcome, number> = { fetched: 0, failed: 0 };
  readonly unknownKids: Record<UnknownKidOutcome, number> = { looked_up: 0, spared: 0 };
  private keys: ReadonlyMap<string, VerificationKey> | undefined;
  private loadedAt = Number.NEGATIVE_INFINITY;
  private attemptedAt = Number.NEGATIVE_INFINITY;
  private unknownKidAt = Number.NEGATIVE_INFINITY;
  private revokedAt = Number.NEGATIVE_INFINITY;
  private hasFailed = false;
  private readonly revoked = new Set<string>();
  private fetching: Promise<void> | undefined;

  constructor(private readonly options: KeyStoreOptions) {}

  /** Age of the set in milliseconds; infinite before the first. */
  get ageMs(): number {
    return this.options.now() - this.loadedAt;
  }

  get staleMs(): number {
    const { refreshAfterMs } = this.options;
    return this.hasFailed && this.keys !== undefined ? Math.max(0, this.ageMs - refreshAfterMs) : 0;
  }

  get size(): number {
    return this.keys?.size ?? 0;
  }

  get isUsable(): boolean {
    return this.keys !== undefined && this.ageMs < this.options.maxStaleMs;
  }

  /**
   * Finds a key by its `kid`.
   *
   * @throws AuthError `token_revoked` or `key_unknown` (401), or `keys_unavailable` (503)
   */
  async find(kid: string): Promise<VerificationKey> {
    if (this.revoked.has(kid)) throw new AuthError('token_revoked', 'the key of the token has been revoked');
    if (!this.isUsable) await this.load();
    else if (this.ageMs > this.options.refreshAfterMs) this.refreshInBackground();

    const known = this.keys?.get(kid);
    if (known) return known;

    if (await this.lookAgain()) {
      const found = this.keys?.get(kid);
      if (found) return found;
    }
    if (this.hasFailed)
      throw new AuthError('keys_unavailable', 'the kid may be new, and the keys cannot be fetched');
    throw new AuthError('key_unknown', 'no key of the issuer has the kid of the token');
  }

  /**
   * Fetches the set for an unknown `kid`, if its time has come. @returns whether it did
   *
   * @throws AuthError `keys_unavailable`
   */
  private async lookAgain(): Promise<boolean> {
    const { now } = this.options;
    const mayHaveSuccessor = now() - this.revokedAt < SUCCESSOR_MS;
    if (!mayHaveSuccessor && this.fetching === undefined && !this.mayLookAgain()) {
      this.unknownKids.spared++;
      return false;
    }
    this.unknownKids.looked_up++;
    if (mayHaveSuccessor) {
      await this.reload();
      return true;
    }
    this.unknownKidAt = now();
    await this.refreshOrThrow();
    return true;
  }

  /** While the issuer cannot be reached an unknown key is no verdict, and the next attempt need not wait as long. */
  private mayLookAgain(): boolean {
    const { now, unknownKidCooldownMs, retryAfterMs } = this.options;
    const pauseMs = this.hasFailed ? retryAfterMs : unknownKidCooldownMs;
    return now() - Math.max(this.unknownKidAt, this.loadedAt) >= pauseMs;
  }

  /**
   * Fetches the set unless a usable one is there.
   *
   * @throws AuthError `keys_unavailable`
   */
  async load(): Promise<void> {
    if (this.isUsable) return;
    const { now, retryAfterMs } = this.options;
    if (this.fetching === undefined && now() - this.attemptedAt < retryAfterMs) {
      throw new AuthError('keys_unavailable', 'the keys could not be fetched a moment ago');
    }
    await this.refreshOrThrow();
  }

  /**
   * Fetches the set now, whatever its age: for whoever has it from the issuer itself that the set has changed.
   *
   * @throws AuthError `keys_unavailable`
   */
  async reload(): Promise<void> {
    await this.fetching?.catch(() => undefined); // it may have set out before the change
    await this.refreshOrThrow();
  }

  /** Gives a key up for good. A `kid` is a key's thumbprint, or should be: no other key will have it. */
  revoke(kid: string): void {
    if (!this.revoked.has(kid)) this.revokedAt = this.options.now();
    this.revoked.add(kid);
    this.keys = this.keys && new Map([...this.keys].filter(([known]) => known !== kid));
  }

  private async refreshOrThrow(): Promise<void> {
    try {
      await this.refresh();
    } catch (cause) {
      throw new AuthError('keys_unavailable', 'the keys cannot be fetched', { cause });
    }
  }

  private refreshInBackground(): void {
    const { now, retryAfterMs, onWarning } = this.options;
    if (this.fetching !== undefined || now() - this.attemptedAt < retryAfterMs) return;
    this.refresh().catch((error: unknown) => {
      onWarning(`serving keys that are ${Math.round(this.ageMs / 1_000)} s old: ${describeError(error)}`);
    });
  }

  /** One fetch in flight, shared by all who ask meanwhile. */
  private refresh(): Promise<void> {
    this.fetching ??= this.fetch().finally(() => {
      this.fetching = undefined;
    });
    return this.fetching;
  }

  private async fetch(): Promise<void> {
    this.attemptedAt = this.options.now();
    try {
      const keys = this.importSet(await this.options.fetchKeys());
      if (keys.size === 0) throw new UnusableKeyError('the JWKS has no usable key');
      this.keys = keys;
      this.loadedAt = this.options.now();
      this.hasFailed = false;
      this.fetches.fetched++;
    } catch (error) {
      this.hasFailed = true;
      this.fetches.failed++;
      throw error;
    }
  }

  private importSet(jwks: readonly unknown[]): ReadonlyMap<string, VerificationKey> {
    const keys = new Map<string, VerificationKey>();
    const ambiguous = new Set<string>();
    for (const jwk of jwks) {
      try {
        const key = this.options.importKey(jwk);
        if (keys.has(key.kid)) ambiguous.add(key.kid);
        keys.set(key.kid, key);
      } catch (error) {
        if (!(error instanceof UnusableKeyError)) throw error;
        this.options.onWarning(`a key of the JWKS is not used: it ${error.message}`);
      }
    }
    for (const kid of this.revoked) keys.delete(kid);
    for (const kid of ambiguous) {
      keys.delete(kid);
      this.options.onWarning('keys of the JWKS are not used: several have the same kid');
    }
    return keys;
  }
}
