import { beforeEach, describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { Revocations, type Revocation } from './revocations.js';

const SECONDS = Date.parse('2026-03-01T12:00:00Z') / 1_000;
const claims = {
  sub: 'a-subject',
  client_id: 'a-client',
  sid: 'a-session',
  grant_id: 'a-grant',
  iat: SECONDS,
};
const revoked = expect.objectContaining({ code: 'token_revoked', status: 401, oauthError: 'invalid_token' });

let nowSeconds: number;
let revocations: Revocations;

beforeEach(() => {
  nowSeconds = SECONDS;
  revocations = new Revocations({
    maxTokenAgeSeconds: 390,
    maxEntries: 100,
    onWarning: () => undefined,
    now: () => nowSeconds * 1_000,
  });
});

const check = (deviation: object = {}): void => revocations.assertNotRevoked({ ...claims, ...deviation });

describe('Revocations', () => {
  it.each<Revocation>([
    { by: 'session', id: 'a-session', lastIssuedAt: Infinity, occurredAt: SECONDS },
    { by: 'grant', id: 'a-grant', lastIssuedAt: Infinity, occurredAt: SECONDS },
    { by: 'subject', id: 'a-subject', lastIssuedAt: SECONDS, occurredAt: SECONDS },
    { by: 'client', id: 'a-client', lastIssuedAt: SECONDS, occurredAt: SECONDS },
  ])('refuse a token by its $by', (revocation) => {
    expect(() => check()).not.toThrow();
    revocations.add(revocation);
    expect(() => check()).toThrow(revoked);
  });

  it.each<[what: string, revocation: Revocation]>([
    ['its first actor', { by: 'subject', id: 'an-actor', lastIssuedAt: SECONDS, occurredAt: SECONDS }],
    [
      'one who acted before',
      { by: 'subject', id: 'an-earlier-actor', lastIssuedAt: SECONDS, occurredAt: SECONDS },
    ],
    [
      'the client whose token was exchanged for it',
      { by: 'client', id: 'a-service', lastIssuedAt: SECONDS, occurredAt: SECONDS },
    ],
    [
      'the client that the first token was issued to',
      { by: 'client', id: 'an-app', lastIssuedAt: SECONDS, occurredAt: SECONDS },
    ],
  ])('refuse a token that came of exchanges by %s (RFC 8693)', (_what, revocation) => {
    const exchanged = {
      act: { sub: 'an-actor', act: { sub: 'an-earlier-actor' } },
      subject_clients: ['a-service', 'an-app'],
    };
    expect(() => check(exchanged)).not.toThrow();
    revocations.add(revocation);
    expect(() => check(exchanged)).toThrow(revoked);
    expect(() => check({ ...exchanged, iat: SECONDS + 1 })).not.toThrow();
    expect(() => check()).not.toThrow();
  });

  it.each<[what: string, deviation: object]>([
    ['no list', { subject_clients: 'an-app' }],
    ['a list of something else', { subject_clients: [1] }],
    ['a list without end', { subject_clients: Array<string>(9).fill('an-app') }],
  ])('refuse a token whose subject_clients are %s', (_what, deviation) => {
    expect(() => check(deviation)).toThrow(expect.objectContaining({ code: 'claims_malformed' }));
  });

  it('end the tokens of a subject that were issued up to the event, and none that is issued after it', () => {
    revocations.add({ by: 'subject', id: 'a-subject', lastIssuedAt: SECONDS, occurredAt: SECONDS });
    expect(() => check({ iat: SECONDS - 1 })).toThrow(revoked);
    expect(() => check({ iat: SECONDS + 1 })).not.toThrow();
  });

  it('never give back what a later event ended, in whatever order events come', () => {
    revocations.add({ by: 'subject', id: 'a-subject', lastIssuedAt: SECONDS, occurredAt: SECONDS });
    revocations.add({ by: 'subject', id: 'a-subject', lastIssuedAt: SECONDS - 10, occurredAt: SECONDS });
    expect(() => check()).toThrow(revoked);
  });

  it.each([
    ['another subject', { sub: 'another' }],
    ['a subject that is called like the revoked client', { sub: 'a-client', client_id: 'another' }],
  ])('leave the token of %s alone', (_whose, deviation) => {
    revocations.add({ by: 'client', id: 'a-client', lastIssuedAt: SECONDS, occurredAt: SECONDS });
    expect(() => check({ client_id: 'another', ...deviation })).not.toThrow();
  });

  it('are forgotten when every token that they end has expired, and not before', () => {
    revocations.add({ by: 'grant', id: 'a-grant', lastIssuedAt: Infinity, occurredAt: SECONDS });
    nowSeconds += 390;
    expect(() => check()).toThrow(revoked);
    nowSeconds += 1;
    expect(() => check()).not.toThrow();
  });

  it('are not known before the issuer has told what it revoked before our start', () => {
    expect(() => revocations.assertKnown()).toThrow(
      expect.objectContaining({ code: 'revocations_unavailable', status: 503, oauthError: undefined }),
    );
    revocations.setKnown();
    expect(() => revocations.assertKnown()).not.toThrow();
  });
});

describe('Revocations that have no more room', () => {
  const MAX = 3;
  const grant = (id: string, occurredAt: number): Revocation => ({
    by: 'grant',
    id,
    lastIssuedAt: Infinity,
    occurredAt,
  });
  let warnings: string[];
  let others: number;

  beforeEach(() => {
    warnings = [];
    others = 0;
    revocations = new Revocations({
      maxTokenAgeSeconds: 390,
      maxEntries: MAX,
      onWarning: (text) => warnings.push(text),
      now: () => nowSeconds * 1_000,
    });
  });

  /** Revokes grants of others, one a second. */
  function fill(count: number): void {
    for (let index = 0; index < count; index++) {
      revocations.add(grant(`other-${others++}`, nowSeconds));
      nowSeconds += 1;
    }
  }

  it('go on refusing what they gave up, and with it every token as old', () => {
    revocations.add(grant('a-grant', SECONDS));
    nowSeconds += 1;
    fill(MAX - 1);
    expect(() => check({ grant_id: 'another' })).not.toThrow();
    fill(1);
    expect(() => check()).toThrow(revoked);
    expect(() => check({ grant_id: 'another' })).toThrow(revoked);
    expect(() => check({ grant_id: 'another', iat: SECONDS + 2 })).not.toThrow();
    expect(revocations).toMatchObject({ size: MAX, givenUp: 1 });
  });

  it('cover a token whose request was under way when its grant ended', () => {
    revocations.add(grant('a-grant', SECONDS));
    fill(MAX);
    expect(() => check({ iat: SECONDS + 1 })).toThrow(revoked);
  });

  it('give nothing up while there is room: of the same grant, and of those that cannot matter any more', () => {
    fill(MAX);
    revocations.add(grant('other-0', nowSeconds));
    nowSeconds += 391;
    fill(MAX);
    expect(revocations).toMatchObject({ size: MAX, givenUp: 0 });
    expect(warnings).toEqual([]);
  });

  it('say so once a minute, however many come', () => {
    fill(MAX + 50);
    expect(warnings).toEqual([
      expect.stringMatching(/^more than 3 revocations: tokens issued up to 2026-03-01T/),
    ]);
    nowSeconds += 60;
    fill(1);
    expect(warnings).toHaveLength(2);
    expect(revocations.givenUp).toBe(51);
  });

  const handle = fc.record({
    by: fc.constantFrom('session' as const, 'grant' as const, 'subject' as const, 'client' as const),
    id: fc.constantFrom('a', 'b', 'c'),
  });
  const event = fc.record({
    of: handle,
    age: fc.integer({ min: 0, max: 5 }),
    pause: fc.integer({ min: 0, max: 9 }),
  });

  it('accept no token that they would refuse with more room, whatever comes', () => {
    const property = fc.property(
      fc.array(event, { maxLength: 40 }),
      fc.array(fc.integer({ min: 0, max: 200 }), { minLength: 1, maxLength: 10 }),
      (events, ages) => {
        nowSeconds = SECONDS;
        const options = {
          maxTokenAgeSeconds: 390,
          onWarning: () => undefined,
          now: () => nowSeconds * 1_000,
        };
        const small = new Revocations({ ...options, maxEntries: MAX });
        const large = new Revocations({ ...options, maxEntries: 1_000 });
        const heard: Revocation[] = [];
        for (const { of, age, pause } of events) {
          const occurredAt = nowSeconds - age;
          const isForGood = of.by === 'session' || of.by === 'grant';
          const revocation = { ...of, lastIssuedAt: isForGood ? Infinity : occurredAt, occurredAt };
          for (const each of [small, large]) each.add(revocation);
          heard.push(revocation);
          nowSeconds += pause;
        }
        for (const { by, id, occurredAt } of heard) {
          for (const age of ages) {
            const token = { [CLAIM_OF[by]]: id, iat: occurredAt + 1 - age };
            const isLost = isRefusedBy(large, token) && !isRefusedBy(small, token);
            expect(isLost).toBe(false);
          }
        }
        expect(small.size).toBeLessThanOrEqual(MAX);
      },
    );
    fc.assert(property, { numRuns: 300 });
  });
});

const CLAIM_OF = { session: 'sid', grant: 'grant_id', subject: 'sub', client: 'client_id' } as const;

function isRefusedBy(held: Revocations, token: object): boolean {
  try {
    held.assertNotRevoked({ ...token });
    return false;
  } catch {
    return true;
  }
}
