import { Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { describeError } from '../describe-error.js';
import { KeyStore, type KeySetFigures } from '../jose/key-store.js';
import { importVerificationKey, type VerificationKey } from '../jose/verification-key.js';
import { JwksSource, type JwksSourceOptions } from './jwks-source.js';

/** At start, until the first set is there: an API that cannot verify is of no use to anyone. */
const WARM_UP_RETRY_MS = 250;
/** An issuer that starts together with us is given this many attempts before we complain, and again between complaints. */
const ATTEMPTS_PER_WARNING = 40;

/** The set is fetched again when the issuer says that it is too old, within these bounds. */
const MIN_REFRESH_MS = 1_000;
const MAX_REFRESH_MS = 5 * 60_000;

/** The issuer's keys in an app's life: fetched from its start, before anyone asks. */
export class IssuerKeys implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(IssuerKeys.name);
  private readonly store: KeyStore;
  private isShutDown = false;
  private warmUp: NodeJS.Timeout | undefined;

  constructor(options: JwksSourceOptions) {
    const source = new JwksSource(options);
    this.store = new KeyStore({
      fetchKeys: () => source.fetchKeys(),
      importKey: importVerificationKey,
      // A key signs once no verifier that keeps to the max-age can be without it (JWK-07).
      get refreshAfterMs() {
        return Math.min(MAX_REFRESH_MS, Math.max(MIN_REFRESH_MS, source.maxAgeMs));
      },
      maxStaleMs: 60 * 60_000,
      unknownKidCooldownMs: 30_000,
      retryAfterMs: 200,
      onWarning: (message) => this.logger.warn(message),
      now: Date.now,
    });
  }

  /** @throws AuthError `token_revoked`, `key_unknown` or `keys_unavailable` */
  find(kid: string): Promise<VerificationKey> {
    return this.store.find(kid);
  }

  /** @throws AuthError `keys_unavailable` */
  reload(): Promise<void> {
    return this.store.reload();
  }

  revoke(kid: string): void {
    this.store.revoke(kid);
  }

  /** Age of the key set in milliseconds; infinite before the first. */
  get ageMs(): number {
    return this.store.ageMs;
  }

  /** What the set is like, and what became of its fetches. */
  get figures(): KeySetFigures {
    return this.store;
  }

  /** @throws Error while there are no keys to verify with */
  assertUsable(): void {
    if (!this.store.isUsable) throw new Error('the keys of the issuer have not been fetched');
  }

  onApplicationBootstrap(): void {
    const attempt = (count: number): void => {
      this.store.load().catch((error: unknown) => {
        if (this.isShutDown) return;
        if (count % ATTEMPTS_PER_WARNING === 0) {
          this.logger.warn(`waiting for the keys of the issuer: ${describeError(error)}`);
        }
        this.warmUp = setTimeout(attempt, WARM_UP_RETRY_MS, count + 1).unref();
      });
    };
    attempt(1);
  }

  onApplicationShutdown(): void {
    this.isShutDown = true; // a fetch that is under way must not begin another
    clearTimeout(this.warmUp);
  }
}
