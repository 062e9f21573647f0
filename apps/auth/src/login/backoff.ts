import { lookup, type Orm } from '@countersign/platform/database';
import { inArray, sql } from 'drizzle-orm';
import { RateLimiterDrizzle } from 'rate-limiter-flexible';
import { loginThrottle } from './login-throttle.table.js';

export interface BackoffOptions {
  /** Names its counters. */
  readonly name: string;
  /** Failures that cost no wait. */
  readonly freeFailures: number;
  /** How long a failure is remembered, from the first of a row. */
  readonly memorySeconds: number;
  readonly longestWaitSeconds: number;
}

/** A login looks several up, and others do so at the same time. */
const countersByKey = lookup(
  (orm) => {
    const select = orm
      .select()
      .from(loginThrottle)
      .where(sql`${loginThrottle.key} = ANY(${sql.placeholder('keys')}::text[])`)
      .prepare('login_counters_by_key');
    return (keys) => select.execute({ keys });
  },
  ({ key }) => key,
);

/**
 * Makes every failure after the first few cost a wait: 1 s, 2 s, 4 s … up to a longest one, so that nobody is locked
 * out for good. It counts in the database: replicas share it, and a restart forgives nothing.
 */
export class Backoff {
  private readonly failures: RateLimiterDrizzle;
  private readonly waits: RateLimiterDrizzle;

  constructor(
    private readonly options: BackoffOptions,
    private readonly orm: Orm,
  ) {
    const shared = { storeClient: orm, schema: loginThrottle, clearExpiredByTimeout: false };
    const { name, freeFailures, memorySeconds } = options;
    this.failures = new RateLimiterDrizzle({
      ...shared,
      keyPrefix: `${name}-failures`,
      points: freeFailures,
      duration: memorySeconds,
    });
    this.waits = new RateLimiterDrizzle({ ...shared, keyPrefix: `${name}-wait`, points: 0, duration: 1 });
  }

  /** Milliseconds that are left to wait; 0 when there is nothing to wait for. */
  async wait(key: string): Promise<number> {
    const counter = await countersByKey(this.orm).ask(this.waits.getKey(key));
    return Math.max((counter?.expire?.getTime() ?? 0) - Date.now(), 0);
  }

  /** Counts a failure. @returns milliseconds that it costs */
  async fail(key: string): Promise<number> {
    const { consumedPoints } = await this.failures.penalty(key);
    const excess = consumedPoints - this.options.freeFailures;
    if (excess <= 0) return 0;
    const seconds = Math.min(2 ** (excess - 1), this.options.longestWaitSeconds);
    const { msBeforeNext } = await this.waits.block(key, seconds);
    return msBeforeNext;
  }

  /** Nothing is written where nothing was counted, as with almost every login. */
  async forgive(key: string): Promise<void> {
    const keys = [this.failures.getKey(key), this.waits.getKey(key)];
    const counted = await Promise.all(keys.map((one) => countersByKey(this.orm).ask(one)));
    if (counted.every((counter) => counter === undefined)) return;
    await this.orm.delete(loginThrottle).where(inArray(loginThrottle.key, keys));
  }
}
