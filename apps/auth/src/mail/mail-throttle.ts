import { createHmac } from 'node:crypto';
import type { Orm } from '@countersign/platform/database';
import { RateLimiterDrizzle, RateLimiterRes } from 'rate-limiter-flexible';
import { networkOf } from '../client-address/network.js';
import { ThrottledError } from '../login/login-throttle.js';
import { loginThrottle } from '../login/login-throttle.table.js';

const HOUR = 60 * 60;
const MAILS_FOR_AN_ADDRESS = 3;
const REQUESTS_OF_A_CLIENT = 10;

/** Keeps the issuer from being used to fill anyone's mailbox: each hour three mails to one, ten asked for by one. */
export class MailThrottle {
  private readonly clients: RateLimiterDrizzle;
  private readonly recipients: RateLimiterDrizzle;

  constructor(
    orm: Orm,
    private readonly secret: string,
  ) {
    const shared = { storeClient: orm, schema: loginThrottle, clearExpiredByTimeout: false, duration: HOUR };
    this.clients = new RateLimiterDrizzle({
      ...shared,
      keyPrefix: 'mail-client',
      points: REQUESTS_OF_A_CLIENT,
    });
    this.recipients = new RateLimiterDrizzle({
      ...shared,
      keyPrefix: 'mail-to',
      points: MAILS_FOR_AN_ADDRESS,
    });
  }

  /** @throws ThrottledError when this client has asked for too many. */
  async assertFewFrom(address: string): Promise<void> {
    const wait = await consume(this.clients, this.hash(networkOf(address)));
    if (wait > 0) throw new ThrottledError(Math.ceil(wait / 1_000));
  }

  /** Whether another mail may go to this address. Whoever asks is not told. */
  async takeFor(email: string): Promise<boolean> {
    return (await consume(this.recipients, this.hash(email))) === 0;
  }

  private hash(text: string): string {
    return createHmac('sha256', this.secret).update(text).digest('base64url');
  }
}

/** @returns milliseconds to wait; 0 when there was a point left */
async function consume(limiter: RateLimiterDrizzle, key: string): Promise<number> {
  try {
    await limiter.consume(key);
    return 0;
  } catch (error) {
    if (error instanceof RateLimiterRes) return Math.max(error.msBeforeNext, 1);
    throw error;
  }
}
