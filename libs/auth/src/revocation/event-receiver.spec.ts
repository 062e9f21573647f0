import { beforeEach, describe, expect, it } from '@jest/globals';
import { AuthError } from '../auth-error.js';
import { EventReceiver } from './event-receiver.js';
import type { Delivery, Poll } from './event-stream.js';
import { Revocations } from './revocations.js';
import type { SecurityEvent } from './security-event.js';

const nothing: Delivery = { sets: [], moreAvailable: false };
const revoked = (id: string): SecurityEvent => ({
  kind: 'tokens-revoked',
  revocation: { by: 'grant', id, lastIssuedAt: Infinity, occurredAt: 0 },
});

let now: number;
let keysAgeMs: number;
let polls: Poll[];
let answers: (Delivery | Error)[];
/** What each token turns out to be. */
let verdicts: Map<string, SecurityEvent | AuthError>;
let revokedKids: string[];
let reloads: number;
let warnings: string[];
let revocations: Revocations;
let receiver: EventReceiver;
const going = new AbortController().signal;

beforeEach(() => {
  now = 1_000_000;
  keysAgeMs = 0;
  polls = [];
  answers = [];
  verdicts = new Map();
  revokedKids = [];
  reloads = 0;
  warnings = [];
  const onWarning = (text: string): void => void warnings.push(text);
  revocations = new Revocations({ maxTokenAgeSeconds: 390, maxEntries: 100, onWarning, now: () => now });
  receiver = new EventReceiver({
    stream: {
      poll: async (poll) => {
        polls.push(poll);
        await new Promise(setImmediate); // as an answer from the network does, it lets others have their turn
        now += 1_000;
        const answer = answers.shift() ?? nothing;
        if (answer instanceof Error) throw answer;
        return answer;
      },
    },
    verifier: {
      verify: async (token) => {
        const verdict = verdicts.get(token) ?? new AuthError('token_malformed', 'no such token');
        if (verdict instanceof AuthError) throw verdict;
        return verdict;
      },
    },
    revocations,
    keys: {
      revoke: (kid) => revokedKids.push(kid),
      reload: async () => void reloads++,
      get ageMs() {
        return keysAgeMs;
      },
    },
    onWarning,
    now: () => now,
    random: () => 0,
  });
});

const deliver = (...jtis: string[]): Delivery => ({
  sets: jtis.map((jti) => [jti, jti] as const),
  moreAvailable: false,
});
const isRevoked = (grant: string): boolean => {
  try {
    revocations.assertNotRevoked({ grant_id: grant, iat: 0 });
    return false;
  } catch {
    return true;
  }
};
const isKnown = (): boolean => {
  try {
    revocations.assertKnown();
    return true;
  } catch {
    return false;
  }
};

describe('EventReceiver', () => {
  it('applies what is delivered, and acknowledges it with the next poll', async () => {
    verdicts.set('a', revoked('grant-a')).set('b', revoked('grant-b'));
    answers = [deliver('a', 'b')];
    await receiver.step(going);
    expect([isRevoked('grant-a'), isRevoked('grant-b')]).toEqual([true, true]);
    await receiver.step(going);
    await receiver.step(going);
    expect(polls.map(({ ack }) => ack)).toEqual([[], ['a', 'b'], []]);
  });

  it('knows what was revoked when nothing more is available, and waits from then on', async () => {
    verdicts.set('a', revoked('grant-a')).set('b', revoked('grant-b'));
    answers = [{ ...deliver('a'), moreAvailable: true }, deliver('b')];
    await receiver.step(going);
    expect(isKnown()).toBe(false);
    await receiver.step(going);
    expect(isKnown()).toBe(true);
    await receiver.step(going);
    expect(polls.map(({ returnImmediately }) => returnImmediately)).toEqual([true, true, false]);
  });

  it('gives up a revoked key and fetches the keys anew', async () => {
    verdicts.set('a', { kind: 'key-revoked', kid: 'a-kid' });
    answers = [deliver('a')];
    await receiver.step(going);
    expect(revokedKids).toEqual(['a-kid']);
    expect(reloads).toBe(1);
  });

  it('acknowledges an event that means nothing here', async () => {
    verdicts.set('a', { kind: 'irrelevant' });
    answers = [deliver('a')];
    await receiver.step(going);
    await receiver.step(going);
    expect(polls[1]).toMatchObject({ ack: ['a'], setErrs: {} });
  });

  it.each([
    ['token_malformed', 'invalid_request'],
    ['signature_invalid', 'invalid_key'],
    ['issuer_untrusted', 'invalid_issuer'],
    ['audience_mismatch', 'invalid_audience'],
  ] as const)(
    'reports a token that is refused for %s, and applies the others (RFC 8936 §2.2)',
    async (code, err) => {
      verdicts.set('bad', new AuthError(code, 'why')).set('good', revoked('grant'));
      answers = [deliver('bad', 'good')];
      await receiver.step(going);
      await receiver.step(going);
      expect(isRevoked('grant')).toBe(true);
      expect(polls[1]).toMatchObject({ ack: ['good'], setErrs: { bad: { err, description: code } } });
    },
  );

  it.each(['keys_unavailable', 'key_unknown', 'token_revoked'] as const)(
    'neither acknowledges nor reports a token whose key is %s: it is signed anew when it comes again',
    async (code) => {
      verdicts.set('early', new AuthError(code, 'why')).set('good', revoked('grant'));
      answers = [deliver('early', 'good')];
      await expect(receiver.step(going)).rejects.toMatchObject({ code });
      expect(isRevoked('grant')).toBe(true);
      expect(isKnown()).toBe(false);
      await receiver.step(going);
      expect(polls[1]).toMatchObject({ ack: ['good'], setErrs: {} });
    },
  );

  it('acknowledges again what it acknowledged in a poll that failed', async () => {
    verdicts.set('a', revoked('grant'));
    answers = [deliver('a'), new Error('connection lost')];
    await receiver.step(going);
    await expect(receiver.step(going)).rejects.toThrow('connection lost');
    await receiver.step(going);
    expect(polls.map(({ ack }) => ack)).toEqual([[], ['a'], ['a']]);
  });

  it('goes on after a failure, and says how long nothing was heard', async () => {
    const stopping = new AbortController();
    answers = [nothing, new Error('connection lost')];
    const running = receiver.run(stopping.signal);
    while (polls.length < 3) await new Promise((resolve) => setTimeout(resolve, 10));
    stopping.abort();
    await running;
    expect(warnings).toEqual([expect.stringContaining('connection lost'), 'the event stream answers again']);
    expect(receiver.ageMs).toBeLessThanOrEqual(1_000);
  });

  it('lets the keys grow no older than 30 seconds while it hears nothing', async () => {
    const stopping = new AbortController();
    keysAgeMs = 30_001;
    answers = [nothing, new Error('connection lost')];
    const running = receiver.run(stopping.signal);
    while (polls.length < 3) await new Promise((resolve) => setTimeout(resolve, 10));
    stopping.abort();
    await running;
    expect(reloads).toBe(1);
  });
});
