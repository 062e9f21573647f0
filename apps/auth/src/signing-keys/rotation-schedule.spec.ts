import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { NOW, ringKey as key } from '../../test-support/ring-key.js';
import { decide } from './key-commands.js';
import { KeyRing, type RingKey, type SigningKeyState } from './key-ring.js';
import { addSeconds, minAnnouncedSeconds, withCachedMaxAge, type RotationPolicy } from './rotation-policy.js';
import { dueCommand } from './rotation-schedule.js';

const policy: RotationPolicy = {
  algorithms: ['RS256'],
  jwksMaxAgeSeconds: 300,
  rotateAfterSeconds: 10_000,
  announceAheadSeconds: 1_000,
  retainSeconds: 960,
};
const oldEnough = key('next', 'announced', { age: 302 });

describe('the schedule', () => {
  it.each<[sentence: string, keys: readonly RingKey[], expected: unknown]>([
    ['lets a young key sign', [key('now', 'signing', { age: 8_999 })], undefined],
    [
      'announces a successor ahead of time',
      [key('now', 'signing', { age: 9_000 })],
      { do: 'announce', alg: 'RS256' },
    ],
    ['announces no second one', [key('now', 'signing', { age: 9_999 }), oldEnough], undefined],
    [
      'rotates when the time has come',
      [key('now', 'signing', { age: 10_000 }), oldEnough],
      { do: 'rotate', alg: 'RS256' },
    ],
    [
      'does not rotate to a key that a verifier may not know, however late it is',
      [key('now', 'signing', { age: 99_999 }), key('next', 'announced', { age: 301 })],
      undefined,
    ],
    [
      'announces a key for an algorithm that came into use',
      [key('ec', 'signing', { alg: 'ES256' })],
      { do: 'announce', alg: 'RS256' },
    ],
    ['has it sign when every verifier knows it', [oldEnough], { do: 'rotate', alg: 'RS256' }],
    [
      'has a key sign at once for one that was revoked and that nothing has followed (F08)',
      [key('stolen', 'revoked', { age: 5_000, signingSince: NOW })],
      { do: 'rotate-at-once', alg: 'RS256' },
    ],
    [
      'keeps a retired key for as long as its tokens are good',
      [key('now', 'signing'), key('before', 'retired', { age: 959 })],
      undefined,
    ],
    [
      'deletes it then',
      [key('now', 'signing'), key('before', 'retired', { age: 960 })],
      { do: 'delete', kid: 'before' },
    ],
    [
      'deletes a revoked key then too',
      [key('now', 'signing'), key('stolen', 'revoked', { age: 960 })],
      { do: 'delete', kid: 'stolen' },
    ],
    [
      'leaves an algorithm alone that is out of use',
      [key('now', 'signing'), key('ps', 'signing', { alg: 'PS256', age: 99_999 })],
      undefined,
    ],
  ])('%s', (_sentence, keys, expected) => {
    expect(dueCommand(KeyRing.of(keys), policy, NOW)).toEqual(expected);
  });
});

/** The ring after the changes of one decision. */
function after(
  keys: readonly RingKey[],
  kid: string,
  to: SigningKeyState | 'deleted',
  now: Date,
): readonly RingKey[] {
  if (to === 'deleted') return keys.filter((other) => other.kid !== kid);
  const known = keys.find((other) => other.kid === kid);
  const made = known ?? { ...key(kid, to), createdAt: now, announcedAt: now };
  const times = {
    ...(to === 'signing' && { signingSince: now }),
    ...(to === 'retired' && { retiredAt: now }),
  };
  return [...keys.filter((other) => other.kid !== kid), { ...made, state: to, ...times }];
}

/** Lets the schedule run, with replicas that look at these times. @returns the keys after each look */
function run(pauses: readonly number[]): readonly (readonly [now: Date, keys: readonly RingKey[]])[] {
  let keys: readonly RingKey[] = [key('0', 'signing')];
  let now = NOW;
  let count = 0;
  return pauses.map((pause) => {
    now = addSeconds(now, pause);
    for (;;) {
      const ring = KeyRing.of(keys);
      const command = dueCommand(ring, policy, now);
      if (command === undefined) return [now, keys];
      const decision = decide(command, { ring, policy, now, newKey: { kid: String(++count), alg: 'RS256' } });
      if (!('changes' in decision)) throw new TypeError('a key was there');
      for (const change of decision.changes) keys = after(keys, change.kid, change.to, now);
    }
  });
}

describe('a JWKS that may be in a cache for longer than the settings say', () => {
  const longer = withCachedMaxAge(policy, 600);

  it('has the schedule wait with the next key and keep the old one for longer', () => {
    const due = (keys: readonly RingKey[]) => dueCommand(KeyRing.of(keys), longer, NOW);
    const late = key('now', 'signing', { age: 99_999 });
    expect(due([late, key('next', 'announced', { age: 601 })])).toBeUndefined();
    expect(due([late, key('next', 'announced', { age: 602 })])).toEqual({ do: 'rotate', alg: 'RS256' });
    expect(due([key('now', 'signing'), key('before', 'retired', { age: 1_259 })])).toBeUndefined();
    expect(due([key('now', 'signing'), key('before', 'retired', { age: 1_260 })])).toMatchObject({
      do: 'delete',
    });
  });

  it('makes nothing shorter', () => {
    expect(withCachedMaxAge(policy, 30)).toEqual(policy);
  });
});

describe('whenever and however rarely someone looks', () => {
  const pauses = fc.array(fc.integer({ min: 1, max: 20_000 }), { minLength: 1, maxLength: 60 });

  it('one key signs, and none that was announced for less than the max-age (JWK-07, JWK-08)', () => {
    fc.assert(
      fc.property(pauses, (times) => {
        for (const [, keys] of run(times)) {
          const signing = keys.filter(({ state }) => state === 'signing');
          expect(signing).toHaveLength(1);
          // The first key signs at once: there is no verifier yet.
          const waits = signing
            .filter(({ kid }) => kid !== '0')
            .map(
              ({ announcedAt, signingSince }) =>
                ((signingSince?.getTime() ?? 0) - announcedAt.getTime()) / 1_000,
            );
          expect(waits.filter((seconds) => seconds < minAnnouncedSeconds(policy))).toEqual([]);
        }
      }),
    );
  });

  it('every key stays in the JWKS for as long as a token that it signed is good (JWK-08)', () => {
    fc.assert(
      fc.property(pauses, (times) => {
        const looks = run(times);
        const lastSeen = new Map<string, readonly [endedAt: Date | null, at: Date]>();
        for (const [now, keys] of looks) {
          for (const { kid, retiredAt } of keys) lastSeen.set(kid, [retiredAt, now]);
          const gone = [...lastSeen].filter(([kid]) => !keys.some((other) => other.kid === kid));
          for (const [kid, [retiredAt]] of gone) {
            lastSeen.delete(kid);
            if (retiredAt === null) throw new Error(`${kid} went without being retired`);
            expect(now.getTime() - retiredAt.getTime()).toBeGreaterThanOrEqual(policy.retainSeconds * 1_000);
          }
        }
      }),
    );
  });
});
