import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { openMemoryDatabase } from '../../test-support/memory-database.js';
import { loginThrottle } from './login-throttle.table.js';
import { LoginThrottle, ThrottledError, type LoginAttempt } from './login-throttle.js';

const SECOND = 1_000;
const DAY = 24 * 60 * 60 * SECOND;
const OWNER: LoginAttempt = { email: 'owner@example.com', address: '192.0.2.1', cookies: undefined };
const ATTACKER: LoginAttempt = { ...OWNER, address: '198.51.100.1' };

let database: Awaited<ReturnType<typeof openMemoryDatabase>>;
let throttle: LoginThrottle;

beforeAll(async () => {
  database = await openMemoryDatabase();
});
beforeEach(async () => {
  jest.useFakeTimers({ advanceTimers: true });
  await database.orm.delete(loginThrottle);
  throttle = newThrottle();
});
afterEach(() => {
  jest.useRealTimers();
});
afterAll(() => database.close());

function newThrottle(isSecure = false): LoginThrottle {
  return new LoginThrottle({ orm: database.orm, secret: 'a secret', isSecure });
}

/** @returns what an attempt comes to, and whether the password was looked at */
async function attempt(
  who: LoginAttempt,
  password: 'right' | 'wrong',
): Promise<{ readonly outcome: 'in' | 'out' | number; readonly wasLookedAt: boolean }> {
  let wasLookedAt = false;
  try {
    const result = await throttle.attempt(who, () => {
      wasLookedAt = true;
      return Promise.resolve(password === 'right' ? 'account' : undefined);
    });
    return { outcome: result === undefined ? 'out' : 'in', wasLookedAt };
  } catch (error) {
    if (!(error instanceof ThrottledError)) throw error;
    return { outcome: error.retryAfterSeconds, wasLookedAt };
  }
}

async function fail(who: LoginAttempt, times: number): Promise<void> {
  for (let time = 0; time < times; time++) await attempt(who, 'wrong');
}

function later(milliseconds: number): void {
  jest.setSystemTime(Date.now() + milliseconds);
}

function cookieOf(email: string, from = throttle): string {
  return from.knownDeviceCookie(email).split(';')[0] ?? '';
}

describe('the login throttle (ASVS 6.3.1)', () => {
  it('takes five wrong passwords of an account at an address, then makes it wait twice as long each time', async () => {
    for (let time = 0; time < 5; time++) expect((await attempt(OWNER, 'wrong')).outcome).toBe('out');
    for (const wait of [1, 2, 4, 8]) {
      expect((await attempt(OWNER, 'wrong')).outcome).toBe(wait);
      later(wait * SECOND);
    }
  });

  it('does not look at a password that comes too early, be it right', async () => {
    await fail(OWNER, 6);
    expect(await attempt(OWNER, 'right')).toEqual({ outcome: 1, wasLookedAt: false });
    later(1 * SECOND);
    expect(await attempt(OWNER, 'right')).toEqual({ outcome: 'in', wasLookedAt: true });
  });

  it('never makes anyone wait longer than a quarter of an hour', async () => {
    for (let time = 0; time < 20; time++) {
      await attempt(OWNER, 'wrong');
      later(900 * SECOND);
    }
    expect((await attempt(OWNER, 'wrong')).outcome).toBe(900);
  });

  it('writes nothing about a login that nothing was counted against', async () => {
    const [insert, remove] = [jest.spyOn(database.orm, 'insert'), jest.spyOn(database.orm, 'delete')];
    expect((await attempt(OWNER, 'right')).outcome).toBe('in');
    expect([insert.mock.calls.length, remove.mock.calls.length]).toEqual([0, 0]);
  });

  it('forgives an account at an address with the right password', async () => {
    await fail(OWNER, 5);
    await attempt(OWNER, 'right');
    expect((await attempt(OWNER, 'wrong')).outcome).toBe('out');
  });

  it('forgets within a day', async () => {
    await fail(OWNER, 9);
    later(DAY);
    expect((await attempt(OWNER, 'wrong')).outcome).toBe('out');
  });

  it('is not tricked by how an address is typed', async () => {
    await fail(OWNER, 6);
    expect((await attempt({ ...OWNER, email: ' Owner@EXAMPLE.com' }, 'right')).outcome).toBe(1);
  });

  it('lets no one of many guesses at the same time succeed once they are too many', async () => {
    const guesses = Array.from({ length: 10 }, () => attempt(OWNER, 'wrong'));
    await Promise.all(guesses);
    later(900 * SECOND);
    const begun = Promise.withResolvers<void>();
    const slowAnswer = Promise.withResolvers<string>();
    const slow = throttle.attempt(OWNER, () => {
      begun.resolve();
      return slowAnswer.promise;
    });
    await begun.promise;
    await attempt(OWNER, 'wrong');
    slowAnswer.resolve('account');
    await expect(slow).rejects.toBeInstanceOf(ThrottledError);
  });

  it('counts for all replicas, and over a restart', async () => {
    await fail(OWNER, 6);
    throttle = newThrottle();
    expect((await attempt(OWNER, 'right')).outcome).toBe(1);
  });

  it('keeps no e-mail address and no network address', async () => {
    await fail(OWNER, 6);
    const rows = JSON.stringify(await database.orm.select().from(loginThrottle));
    expect(rows).not.toMatch(/owner|example|192\.0/);
  });
});

/** Seconds that an attempt would have to wait. It tells without being one: nobody answers, so nothing is counted. */
async function waitOf(who: LoginAttempt): Promise<number> {
  const unanswered = new Error('unanswered');
  try {
    await throttle.attempt(who, () => Promise.reject(unanswered));
  } catch (error) {
    if (error instanceof ThrottledError) return error.retryAfterSeconds;
    if (error !== unanswered) throw error;
  }
  return 0;
}

/**
 * A day of an attacker who tries again the second that he may.
 *
 * @returns his guesses that were looked at, and for how many seconds of the day each of the others had to wait
 */
async function attackForADay(attacker: LoginAttempt, others: readonly LoginAttempt[]) {
  const end = Date.now() + DAY;
  const waited = others.map(() => 0);
  let guesses = 0;
  while (Date.now() < end) {
    const { outcome, wasLookedAt } = await attempt(attacker, 'wrong');
    if (wasLookedAt) guesses += 1;
    const pause = typeof outcome === 'number' ? outcome : 1;
    for (const [index, other] of others.entries())
      waited[index] = (waited[index] ?? 0) + Math.min(await waitOf(other), pause);
    later(pause * SECOND);
  }
  return { guesses, waited };
}

describe('an attacker of an account', () => {
  it('does not delay the owner at another address with a few guesses', async () => {
    await fail(ATTACKER, 6);
    expect((await attempt(OWNER, 'right')).outcome).toBe('in');
  });

  it('is slowed down at all addresses together, after 20 guesses', async () => {
    for (let host = 1; host <= 20; host++) await fail({ ...ATTACKER, address: `198.51.100.${host}` }, 1);
    expect((await attempt({ ...ATTACKER, address: '198.51.100.99' }, 'wrong')).outcome).toBe(1);
    expect((await attempt({ ...ATTACKER, address: '198.51.100.100' }, 'right')).wasLookedAt).toBe(false);
  });

  it('does not lock the owner out of a device on which they have logged in, be it at the same address', async () => {
    const cookies = `other=1; ${cookieOf(OWNER.email)}; another=2`;
    await fail(ATTACKER, 40);
    for (let host = 1; host <= 40; host++) await fail({ ...ATTACKER, address: `198.51.100.${host}` }, 1);
    expect((await attempt({ ...ATTACKER, cookies }, 'right')).outcome).toBe('in');
  });

  it('from one network never makes the owner wait at another, nor on a known device, in a whole day', async () => {
    const onKnownDevice = { ...ATTACKER, cookies: cookieOf(OWNER.email) };
    const { guesses, waited } = await attackForADay(ATTACKER, [OWNER, onKnownDevice]);
    expect(waited).toEqual([0, 0]);
    expect(guesses).toBeGreaterThan(100);
    expect(guesses).toBeLessThan(115);
  }, 60_000);

  it('needs more than four networks to make the owner wait at another', async () => {
    const from = (host: number) => ({ ...ATTACKER, address: `198.51.100.${host}` });
    for (const host of [1, 2, 3, 4]) {
      await fail(from(host), 6);
      later(SECOND);
      await fail(from(host), 1);
    }
    expect(await waitOf(OWNER)).toBe(0);
    await fail(from(5), 1);
    expect(await waitOf(OWNER)).toBe(1);
  });

  it('who stole a device gets five guesses of its own before a wait', async () => {
    const stolen = { ...ATTACKER, cookies: cookieOf(OWNER.email) };
    await fail(stolen, 5);
    expect((await attempt(stolen, 'wrong')).outcome).toBe(1);
  });

  it.each<[deviation: string, cookie: () => string]>([
    [
      'of another account',
      () => cookieOf('attacker@example.com').replace(/^[^=]+/, cookieOf(OWNER.email).split('=')[0] ?? ''),
    ],
    [
      'that was made up',
      () =>
        cookieOf(
          OWNER.email,
          new LoginThrottle({ orm: database.orm, secret: 'another', isSecure: false }),
        ).replace(/^[^=]+/, cookieOf(OWNER.email).split('=')[0] ?? ''),
    ],
    [
      'that was altered',
      () => cookieOf(OWNER.email).replace(/=./, (match) => (match === '=A' ? '=B' : '=A')),
    ],
    ['that is empty', () => cookieOf(OWNER.email).replace(/=.*/, '=')],
  ])('is not known by a cookie %s', async (_deviation, cookie) => {
    await fail(ATTACKER, 6);
    expect((await attempt({ ...ATTACKER, cookies: cookie() }, 'right')).wasLookedAt).toBe(false);
  });
});

describe('an address', () => {
  it('that fails at 100 accounts has to wait at every other, and a success forgives it nothing', async () => {
    for (let n = 0; n < 100; n++) await fail({ ...ATTACKER, email: `account${n}@example.com` }, 1);
    expect((await attempt({ ...ATTACKER, email: 'own@example.com' }, 'right')).outcome).toBe('in');
    expect((await attempt({ ...ATTACKER, email: 'another@example.com' }, 'wrong')).outcome).toBe(1);
    expect((await attempt({ ...OWNER, email: 'another@example.com' }, 'wrong')).outcome).toBe('out');
  });

  it.each<[what: string, prefix: string]>([
    ['its last 64 bits', '2001:db8:0:0::'],
    ['its last 72 bits: a line at home has 256 subnets (RFC 6177)', '2001:db8:0:'],
  ])('of IPv6 is the customer that has it, whatever %s', async (_what, prefix) => {
    const from = (part: string) => ({
      ...ATTACKER,
      address: `${prefix}${part}${prefix.endsWith('::') ? '' : '::1'}`,
    });
    for (const part of ['1', '2', '3', '4', '5']) await fail(from(part), 1);
    expect((await attempt(from('ff'), 'wrong')).outcome).toBe(1);
    expect((await attempt({ ...ATTACKER, address: '2001:db8:0:100::1' }, 'wrong')).outcome).toBe('out');
  });
});

describe('the cookie of a known device', () => {
  it('is for this host alone over TLS, and for no script or other site', () => {
    const cookie = newThrottle(true).knownDeviceCookie(OWNER.email);
    expect(cookie).toMatch(
      /^__Host-countersign-device-[\w-]{8}=[\w.-]+; Path=\/; HttpOnly; SameSite=Lax; Max-Age=15552000; Secure$/,
    );
    expect(newThrottle().knownDeviceCookie(OWNER.email)).not.toContain('Secure');
  });
});
