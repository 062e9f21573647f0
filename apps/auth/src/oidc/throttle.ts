import { RateLimiterMemory } from 'rate-limiter-flexible';
import { errors, type KoaContextWithOIDC } from 'oidc-provider';

const TOO_MANY_REQUESTS = 429;

/**
 * Counts failures, and refuses to look at another try once there were too many. It counts in this process alone: with
 * several replicas an attacker has as many tries at each.
 */
export class FailureThrottle {
  private readonly limiter: RateLimiterMemory;

  /**
   * @param failures how many are borne within `seconds`
   */
  constructor(
    private readonly failures: number,
    seconds: number,
  ) {
    this.limiter = new RateLimiterMemory({ points: failures, duration: seconds });
  }

  /** @throws TooManyFailures, with `Retry-After` set on the answer */
  async assertOpen(ctx: KoaContextWithOIDC, key: string): Promise<void> {
    const seconds = await this.secondsUntilOpen(key);
    if (seconds === 0) return;
    ctx.set('Retry-After', String(seconds));
    throw new TooManyFailures();
  }

  /** 0 when another try is looked at. */
  async secondsUntilOpen(key: string): Promise<number> {
    const counted = await this.limiter.get(key);
    if (counted === null || counted.consumedPoints < this.failures) return 0;
    return Math.ceil(counted.msBeforeNext / 1_000);
  }

  async noteFailure(key: string): Promise<void> {
    await this.limiter.penalty(key);
  }
}

/** RFC 6585 §4. OAuth has no error of its own for this. */
class TooManyFailures extends errors.OIDCProviderError {
  override readonly error_description = 'too many failed attempts';

  constructor() {
    super(TOO_MANY_REQUESTS, 'temporarily_unavailable');
  }
}
