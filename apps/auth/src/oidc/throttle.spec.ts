import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { FailureThrottle, RequestThrottle } from './throttle.js';

const FAILURES = 3;
const ADDRESS = '192.0.2.1';

let throttle: FailureThrottle;
let set: jest.Mock<(field: unknown, value?: unknown) => void>;

beforeEach(() => {
  throttle = new FailureThrottle(FAILURES, 60);
  set = jest.fn();
});

/** @returns what a guess comes to; its look-up answers when all guesses have been made */
async function guess(code: string, found: readonly string[], from = ADDRESS): Promise<string> {
  const lookUp = async (): Promise<string | undefined> => {
    await new Promise(setImmediate);
    return found.includes(code) ? code : undefined;
  };
  try {
    return (await throttle.attempt({ set }, from, lookUp)) ?? 'not found';
  } catch (error) {
    return (error as Error).message;
  }
}

describe('a throttled look-up', () => {
  it('refuses after too many failures, for that address alone, and says for how long', async () => {
    for (let time = 0; time < FAILURES; time++) expect(await guess('wrong', [])).toBe('not found');
    expect(await guess('right', ['right'])).toBe('temporarily_unavailable');
    expect(set).toHaveBeenCalledWith('Retry-After', '60');
    expect(await guess('right', ['right'], '192.0.2.2')).toBe('right');
  });

  it('looks at no more guesses when they come at the same time (RFC 8628 §5.1)', async () => {
    const guesses = Array.from({ length: 20 }, (_none, index) => guess(String(index), ['19']));
    const outcomes = await Promise.all(guesses);
    expect(outcomes.filter((outcome) => outcome === 'not found')).toHaveLength(FAILURES);
    expect(outcomes).not.toContain('19');
  });

  it('counts no success', async () => {
    for (let time = 0; time < 10; time++) expect(await guess('right', ['right'])).toBe('right');
    expect(await guess('wrong', [])).toBe('not found');
  });
});

describe('requests that are counted', () => {
  it('are answered until there were too many of one network, whatever comes of them', async () => {
    const requests = new RequestThrottle(3, 60);
    for (let time = 0; time < 3; time++) expect(await requests.count(ADDRESS)).toBe(0);
    expect(await requests.count(ADDRESS)).toBe(60);
    await expect(requests.assertFew({ set }, ADDRESS)).rejects.toMatchObject({ statusCode: 429 });
    expect(set).toHaveBeenCalledWith('Retry-After', '60');
    expect(await requests.count('192.0.2.2')).toBe(0);
  });
});
