import { createHmac } from 'node:crypto';
import type { Orm } from '@countersign/platform/database';
import { normalizeEmail } from '../accounts/account.js';
import { Backoff } from './backoff.js';
import { KnownDevices } from './known-device.js';
import { networkOf } from '../client-address/network.js';

const HOUR = 60 * 60;
const DAY = 24 * HOUR;
/** Whoever waits that long has been guessed at; at one attempt each that is 96 guesses a day. */
const LONGEST_WAIT_SECONDS = HOUR / 4;

/** It was tried too often: nothing was looked at. The message is for the person. */
export class ThrottledError extends Error {
  override readonly name = 'ThrottledError';

  constructor(readonly retryAfterSeconds: number) {
    super('too many attempts');
  }
}

export interface LoginAttempt {
  readonly email: string;
  /** Address of the client, as far as it can be told. */
  readonly address: string;
  /** `Cookie` header of the request. */
  readonly cookies: string | undefined;
}

export interface LoginThrottleOptions {
  readonly orm: Orm;
  /** Of which the keys of counters and the signatures of cookies are made. */
  readonly secret: string;
  readonly isSecure: boolean;
}

/** A counter that an attempt may have to wait for, and that a failure raises. */
interface Counter {
  readonly backoff: Backoff;
  readonly key: string;
  /** Whether a success shows that the failures were the owner's. */
  readonly isForgiven: 'by a success' | 'by time alone';
  /** One that a failure raises too, while it costs no wait at this one. */
  readonly beyond?: Counter;
}

/**
 * Slows the guessing of passwords (OWASP ASVS 6.3.1) without giving anyone the means to lock another out: failures are
 * counted for an account at a network, for an account at all of them, and for a network at all accounts; but those of
 * a device on which the account has logged in before, for that device alone. What a network fails once it has to wait
 * is its own affair: it takes many to keep others waiting. An account that does not exist is throttled as any other, so
 * that a wait tells nothing.
 */
export class LoginThrottle {
  private readonly devices: KnownDevices;
  private readonly perDevice: Backoff;
  private readonly perAccountAndAddress: Backoff;
  private readonly perAccount: Backoff;
  private readonly perAddress: Backoff;

  constructor(private readonly options: LoginThrottleOptions) {
    this.devices = new KnownDevices(options);
    const backoff = (name: string, freeFailures: number, memorySeconds: number): Backoff =>
      new Backoff(
        { name, freeFailures, memorySeconds, longestWaitSeconds: LONGEST_WAIT_SECONDS },
        options.orm,
      );
    this.perDevice = backoff('device', 5, DAY);
    this.perAccountAndAddress = backoff('account-address', 5, DAY);
    this.perAccount = backoff('account', 20, DAY);
    this.perAddress = backoff('address', 100, HOUR);
  }

  /**
   * Lets an attempt through to `authenticate`, unless it came too early, and counts it when that finds nobody. What is
   * counted meanwhile counts too: of many guesses at the same time none is answered once they are too many.
   *
   * @throws ThrottledError
   */
  async attempt<Result>(
    attempt: LoginAttempt,
    authenticate: () => Promise<Result | undefined>,
  ): Promise<Result | undefined> {
    const counters = this.countersOf(attempt);
    await assertNotEarly(counters);
    const result = await authenticate();
    if (result === undefined) {
      assertNoWait(await Promise.all(counters.map(raise)));
      return undefined;
    }
    await assertNotEarly(counters);
    const forgiven = withThoseBeyond(counters).filter(({ isForgiven }) => isForgiven === 'by a success');
    await Promise.all(forgiven.map(({ backoff, key }) => backoff.forgive(key)));
    return result;
  }

  /** `Set-Cookie` by which this device is known for the account from now on. */
  knownDeviceCookie(email: string): string {
    return this.devices.cookieFor(this.accountKey(email));
  }

  private countersOf({ email, address, cookies }: LoginAttempt): readonly Counter[] {
    const account = this.accountKey(email);
    const device = this.devices.find(account, cookies);
    if (device !== undefined)
      return [{ backoff: this.perDevice, key: this.hash(device), isForgiven: 'by a success' }];
    const network = networkOf(address);
    const everywhere: Counter = { backoff: this.perAccount, key: account, isForgiven: 'by a success' };
    return [
      {
        backoff: this.perAccountAndAddress,
        key: this.hash(account, network),
        isForgiven: 'by a success',
        beyond: everywhere,
      },
      // Whoever has one account would have all the attempts at others that they like.
      { backoff: this.perAddress, key: this.hash(network), isForgiven: 'by time alone' },
    ];
  }

  private accountKey(email: string): string {
    return this.hash('account', normalizeEmail(email));
  }

  private hash(...parts: readonly string[]): string {
    return createHmac('sha256', this.options.secret).update(JSON.stringify(parts)).digest('base64url');
  }
}

/** @returns milliseconds that a failure costs */
async function raise({ backoff, key, beyond }: Counter): Promise<number> {
  const wait = await backoff.fail(key);
  return wait > 0 || beyond === undefined ? wait : raise(beyond);
}

function withThoseBeyond(counters: readonly Counter[]): readonly Counter[] {
  return counters.flatMap((counter) => (counter.beyond === undefined ? counter : [counter, counter.beyond]));
}

async function assertNotEarly(counters: readonly Counter[]): Promise<void> {
  assertNoWait(await Promise.all(withThoseBeyond(counters).map(({ backoff, key }) => backoff.wait(key))));
}

/** @throws ThrottledError */
function assertNoWait(milliseconds: readonly number[]): void {
  const longest = Math.max(...milliseconds);
  if (longest > 0) throw new ThrottledError(Math.ceil(longest / 1_000));
}
