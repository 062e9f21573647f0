import { beforeEach, describe, expect, it } from '@jest/globals';
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
    onWarning: () => undefined,
    now: () => nowSeconds * 1_000,
  });
});

const check = (deviation: object = {}): void => revocations.assertNotRevoked({ ...claims, ...deviation });

describe('Revocations', () => {
  it.each<Revocation>([
    { by: 'session', id: 'a-session', lastIssuedAt: Infinity },
    { by: 'grant', id: 'a-grant', lastIssuedAt: Infinity },
    { by: 'subject', id: 'a-subject', lastIssuedAt: SECONDS },
    { by: 'client', id: 'a-client', lastIssuedAt: SECONDS },
  ])('refuse a token by its $by', (revocation) => {
    expect(() => check()).not.toThrow();
    revocations.add(revocation);
    expect(() => check()).toThrow(revoked);
  });

  it.each<[what: string, revocation: Revocation]>([
    ['its first actor', { by: 'subject', id: 'an-actor', lastIssuedAt: SECONDS }],
    ['one who acted before', { by: 'subject', id: 'an-earlier-actor', lastIssuedAt: SECONDS }],
    ['the client whose token was exchanged for it', { by: 'client', id: 'a-service', lastIssuedAt: SECONDS }],
    ['the client that the first token was issued to', { by: 'client', id: 'an-app', lastIssuedAt: SECONDS }],
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
    revocations.add({ by: 'subject', id: 'a-subject', lastIssuedAt: SECONDS });
    expect(() => check({ iat: SECONDS - 1 })).toThrow(revoked);
    expect(() => check({ iat: SECONDS + 1 })).not.toThrow();
  });

  it('never give back what a later event ended, in whatever order events come', () => {
    revocations.add({ by: 'subject', id: 'a-subject', lastIssuedAt: SECONDS });
    revocations.add({ by: 'subject', id: 'a-subject', lastIssuedAt: SECONDS - 10 });
    expect(() => check()).toThrow(revoked);
  });

  it.each([
    ['another subject', { sub: 'another' }],
    ['a subject that is called like the revoked client', { sub: 'a-client', client_id: 'another' }],
  ])('leave the token of %s alone', (_whose, deviation) => {
    revocations.add({ by: 'client', id: 'a-client', lastIssuedAt: SECONDS });
    expect(() => check({ client_id: 'another', ...deviation })).not.toThrow();
  });

  it('are forgotten when every token that they end has expired, and not before', () => {
    revocations.add({ by: 'grant', id: 'a-grant', lastIssuedAt: Infinity });
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

  it('have room for 100,000, and say so when they have not', () => {
    const warnings: string[] = [];
    revocations = new Revocations({
      maxTokenAgeSeconds: 390,
      onWarning: (text) => warnings.push(text),
      now: () => 0,
    });
    for (let count = 0; count < 100_000; count++) {
      revocations.add({ by: 'grant', id: String(count), lastIssuedAt: Infinity });
    }
    expect(warnings).toEqual([]);
    revocations.add({ by: 'grant', id: 'one too many', lastIssuedAt: Infinity });
    expect(warnings).toHaveLength(1);
  });
});
