import { RateLimiterMemory } from 'rate-limiter-flexible';
import { errors } from 'oidc-provider';

export const TOO_MANY_REQUESTS = 429;

/** Where a header of the answer can be set. */
export interface Answer {
  set(name: string, value: string): void;
}

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
  async assertOpen(ctx: Answer, key: string): Promise<void> {
    const seconds = await this.secondsUntilOpen(key);
    if (seconds > 0) refuse(ctx, seconds);
  }

  /**
   * Lets a try through, unless there were too many failures. It counts as one until it has found something: of guesses
   * at the same time no more are looked at than of guesses in a row.
   *
   * @throws TooManyFailures, with `Retry-After` set on the answer
   */
  async attempt<Result>(
    ctx: Answer,
    key: string,
    find: () => Promise<Result | undefined>,
  ): Promise<Result | undefined> {
    const { consumedPoints, msBeforeNext } = await this.limiter.penalty(key);
    if (consumedPoints > this.failures) refuse(ctx, Math.ceil(msBeforeNext / 1_000));
    const found = await find();
    if (found !== undefined) await this.limiter.reward(key);
    return found;
  }

  /** 0 when another try is looked at. */
  private async secondsUntilOpen(key: string): Promise<number> {
    const counted = await this.limiter.get(key);
    if (counted === null || counted.consumedPoints < this.failures) return 0;
    return Math.ceil(counted.msBeforeNext / 1_000);
  }

  async noteFailure(key: string): Promise<void> {
    await this.limiter.penalty(key);
  }
}

/** Counts requests, whatever comes of them; in this process alone, as above. */
export class RequestThrottle {
  private readonly limiter: RateLimiterMemory;

  /**
   * @param requests how many are answered within `seconds`
   */
  constructor(
    private readonly requests: number,
    seconds: number,
  ) {
    this.limiter = new RateLimiterMemory({ points: requests, duration: seconds });
  }

  /** Counts a request. @returns seconds until one is answered again; 0 when this one is */
  async count(key: string): Promise<number> {
    const { consumedPoints, msBeforeNext } = await this.limiter.penalty(key);
    return consumedPoints > this.requests ? Math.max(1, Math.ceil(msBeforeNext / 1_000)) : 0;
  }

  /** As `count`. @throws TooManyRequests, with `Retry-After` set on the answer */
  async assertFew(ctx: Answer, key: string): Promise<void> {
    const seconds = await this.count(key);
    if (seconds === 0) return;
    ctx.set('Retry-After', String(seconds));
    throw new TooManyRequests();
  }
}

function refuse(ctx: Answer, seconds: number): never {
  ctx.set('Retry-After', String(seconds));
  throw new TooManyFailures();
}

/** RFC 6585 §4. OAuth has no error of its own for this. */
class TooManyFailures extends errors.OIDCProviderError {
  override readonly error_description = 'too many failed attempts';

  constructor() {
    super(TOO_MANY_REQUESTS, 'temporarily_unavailable');
  }
}

class TooManyRequests extends errors.OIDCProviderError {
  override readonly error_description = 'too many requests from this network';

  constructor() {
    super(TOO_MANY_REQUESTS, 'temporarily_unavailable');
  }
}
