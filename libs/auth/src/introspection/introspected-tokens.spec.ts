import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { AuthError } from '../auth-error.js';
import type { JsonObject } from '../jose/strict-json.js';
import { IntrospectedTokens } from './introspected-tokens.js';

const START = Date.parse('2026-03-01T12:00:00Z');
const TIMEOUT_MS = 200;
const unavailable = { code: 'introspection_unavailable', status: 503 };

let now: number;
/** Tokens that are active, with the second at which each expires. */
let active: Map<string, number>;
let tokens: IntrospectedTokens;
const introspect = jest.fn<(token: string, timeoutMs: number) => Promise<JsonObject>>();

beforeEach(() => {
  now = START;
  active = new Map([['good', START / 1_000 + 300]]);
  introspect.mockReset().mockImplementation(async (token) => {
    const exp = active.get(token);
    if (exp === undefined) throw new AuthError('token_inactive', 'no such token');
    return { token, exp };
  });
  tokens = new IntrospectedTokens({ introspect, timeoutMs: TIMEOUT_MS, now: () => now });
});

/** What a look-up comes to: `active`, or the code of the refusal. */
async function look(token: string): Promise<string> {
  return tokens.claimsOf(token).then(
    () => 'active',
    (error: unknown) => (error as AuthError).code,
  );
}

/** Starts look-ups that the issuer does not answer. @returns what answers them all */
async function hang(names: string, count: number) {
  const held = Promise.withResolvers<JsonObject>();
  introspect.mockImplementation(() => held.promise);
  const looks = Promise.all(Array.from({ length: count }, (_, index) => look(`${names}-${index}`)));
  await new Promise(setImmediate);
  return { looks, release: () => held.resolve({ exp: now / 1_000 + 300 }) };
}

describe('IntrospectedTokens', () => {
  it('ask once for any number of requests with one token', async () => {
    const answers = await Promise.all(Array.from({ length: 500 }, () => tokens.claimsOf('good')));
    expect(new Set(answers).size).toBe(1);
    expect(introspect).toHaveBeenCalledTimes(1);
  });

  it('keep what is active for 30 seconds, and no longer (INT-06)', async () => {
    await look('good');
    now += 29_999;
    expect(await look('good')).toBe('active');
    expect(introspect).toHaveBeenCalledTimes(1);
    active.delete('good'); // revoked
    now += 1;
    expect(await look('good')).toBe('token_inactive');
  });

  it('count the 30 seconds from the question, however late the answer (INT-06)', async () => {
    introspect.mockImplementationOnce(async () => {
      now += 1_000;
      return { exp: START / 1_000 + 300 };
    });
    await look('good');
    now = START + 29_999;
    await look('good');
    expect(introspect).toHaveBeenCalledTimes(1);
    now = START + 30_000;
    await look('good');
    expect(introspect).toHaveBeenCalledTimes(2);
  });

  it('keep what is active no longer than it lives (INT-06)', async () => {
    active.set('good', START / 1_000 + 10);
    await look('good');
    now += 9_999;
    await look('good');
    expect(introspect).toHaveBeenCalledTimes(1);
    now += 1;
    await look('good');
    expect(introspect).toHaveBeenCalledTimes(2);
  });

  it('keep nothing that has expired by their own clock', async () => {
    active.set('good', START / 1_000 - 1);
    await look('good');
    await look('good');
    expect(introspect).toHaveBeenCalledTimes(2);
  });

  it('keep a refusal for 5 seconds, with its reason (INT-06)', async () => {
    expect(await look('bad')).toBe('token_inactive');
    active.set('bad', START / 1_000 + 300);
    now += 5_000;
    expect(await look('bad')).toBe('token_inactive');
    expect(introspect).toHaveBeenCalledTimes(1);
    now += 1;
    expect(await look('bad')).toBe('active');
  });

  it('keep no outage: the next request asks again', async () => {
    introspect.mockRejectedValueOnce(new Error('connection refused'));
    await expect(tokens.claimsOf('good')).rejects.toMatchObject({
      ...unavailable,
      detail: expect.stringContaining('connection refused'),
    });
    expect(await look('good')).toBe('active');
  });

  it('serve nothing older than 30 seconds in an outage either (INT-06)', async () => {
    await look('good');
    now += 30_000;
    introspect.mockRejectedValueOnce(new Error('connection refused'));
    await expect(tokens.claimsOf('good')).rejects.toMatchObject(unavailable);
  });

  it('keep an outage of what is revoked for no refusal', async () => {
    introspect.mockRejectedValueOnce(new AuthError('revocations_unavailable', 'not known'));
    expect(await look('good')).toBe('revocations_unavailable');
    expect(await look('good')).toBe('active');
  });

  it('ask for 16 unknown tokens at a time, the others wait, and known ones are asked for beside them', async () => {
    await look('good');
    now += 30_000;
    const hanging = await hang('one', 40);
    introspect.mockImplementationOnce(async () => ({ exp: now / 1_000 + 300 }));
    expect(await look('good')).toBe('active');
    expect(introspect).toHaveBeenCalledTimes(1 + 16 + 1);
    hanging.release();
    expect(new Set(await hanging.looks)).toEqual(new Set(['active']));
    expect(introspect).toHaveBeenCalledTimes(1 + 40 + 1);
  });

  it('send away at once who comes when 256 wait', async () => {
    const hanging = await hang('one', 16 + 256);
    expect(await look('another')).toBe('introspection_unavailable');
    hanging.release();
    expect(new Set(await hanging.looks)).toEqual(new Set(['active']));
    expect(await look('another')).toBe('active');
  });

  it('let nobody wait for longer than half of the time, who then has the other half for an answer', async () => {
    const hanging = await hang('one', 17);
    const startedAt = performance.now();
    expect(await look('another')).toBe('introspection_unavailable');
    expect(performance.now() - startedAt).toBeLessThan(TIMEOUT_MS);
    hanging.release();
    const outcomes = await hanging.looks;
    expect(outcomes.filter((outcome) => outcome === 'active')).toHaveLength(16);

    const again = await hang('two', 16);
    const waiting = look('a third');
    now += 80;
    expect(introspect.mock.lastCall?.[0]).toBe('two-15');
    again.release();
    expect([await waiting, introspect.mock.lastCall]).toEqual(['active', ['a third', TIMEOUT_MS - 80]]);
  });

  it('spend on random tokens what the issuer bears, and leave known ones alone (INT-07)', async () => {
    await look('good');
    for (let second = 0; second < 60; second++) {
      for (let count = 0; count < 100; count++) await look(`random-${second}-${count}`);
      expect(await look('good')).toBe('active');
      now += 1_000;
    }
    // 1,000 in a minute is where our issuer stops answering.
    expect(introspect.mock.calls.length).toBeLessThan(500);
    expect(tokens.outcomes.shed).toBeGreaterThan(5_000);
    active.set('new', now / 1_000 + 300);
    expect(await look('new')).toBe('active'); // there is something left each second
  });

  it.each<[what: string, failure: () => Error]>([
    ['answers 429 or 500', () => new Error('the issuer answered 429')],
    ['cannot say what is revoked', () => new AuthError('revocations_unavailable', 'not known')],
  ])('spend as much on unknown tokens while the issuer %s (INT-07)', async (_what, failure) => {
    introspect.mockImplementation(() => Promise.reject(failure()));
    for (let second = 0; second < 60; second++) {
      await Promise.all(Array.from({ length: 100 }, (_, count) => look(`random-${second}-${count}`)));
      now += 1_000;
    }
    expect(introspect.mock.calls.length).toBeLessThan(500);
    introspect.mockImplementation(async () => ({ exp: now / 1_000 + 300 }));
    now += 5_000;
    const recovered = await Promise.all(Array.from({ length: 100 }, (_, count) => look(`new-${count}`)));
    expect(new Set(recovered)).toEqual(new Set(['active']));
  });

  it('lose no good token to 50,000 random ones', async () => {
    await look('good');
    for (let count = 0; count < 50_000; count++) {
      now += 0.4;
      await look(`random-${count}`);
    }
    introspect.mockClear();
    expect(await look('good')).toBe('active');
    expect(introspect).toHaveBeenCalledTimes(0);
  });

  it('count what became of each look-up', async () => {
    await look('good');
    await look('good');
    await look('bad');
    await look('bad');
    introspect.mockRejectedValueOnce(new Error('down'));
    await look('other');
    expect(tokens.outcomes).toEqual({ cached: 2, active: 1, refused: 1, failed: 1, shed: 0 });
  });
});
