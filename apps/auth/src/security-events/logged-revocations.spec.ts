import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { openMemoryDatabase } from '../../test-support/memory-database.js';
import { LoggedRevocations } from './logged-revocations.js';
import { SecurityEventLog } from './security-event-log.js';
import type { SecurityEvent } from './security-event.js';
import { securityEvents } from './security-events.table.js';

const NOW = Math.floor(Date.now() / 1_000);
const claims = {
  sub: 'a-person',
  client_id: 'a-client',
  sid: 'a-session',
  grant_id: 'a-grant',
  act: { sub: 'an-actor' },
  subject_clients: ['an-app'],
  iat: NOW,
};

let database: Awaited<ReturnType<typeof openMemoryDatabase>>;
let revocations: LoggedRevocations;

beforeAll(async () => {
  database = await openMemoryDatabase();
  revocations = new LoggedRevocations(database);
});
beforeEach(() => database.orm.delete(securityEvents));
afterAll(() => database.close());

const append = (event: SecurityEvent) => new SecurityEventLog().append(event, database.orm);

describe('the log of what was revoked', () => {
  it.each<SecurityEvent>([
    { type: 'session-revoked', subject: 'a-person', sessionId: 'a-session' },
    { type: 'grant-revoked', grantId: 'a-grant' },
    { type: 'account-disabled', subject: 'a-person' },
    { type: 'credential-changed', subject: 'a-person' },
    { type: 'account-disabled', subject: 'an-actor' },
    { type: 'client-disabled', clientId: 'a-client' },
    { type: 'client-disabled', clientId: 'an-app' },
  ])('ends a token by %j', async (event) => {
    expect(await revocations.isRevoked(claims)).toBe(false);
    await append(event);
    expect(await revocations.isRevoked(claims)).toBe(true);
    await expect(revocations.assertNotRevoked(claims)).rejects.toMatchObject({
      code: 'token_revoked',
      status: 401,
    });
  });

  it.each<[whose: string, event: SecurityEvent]>([
    ['another session', { type: 'session-revoked', subject: 'a-person', sessionId: 'another' }],
    ['another account', { type: 'account-disabled', subject: 'another' }],
    ['a client that is called like the subject', { type: 'client-disabled', clientId: 'a-person' }],
    ['an account that is called like the client', { type: 'account-disabled', subject: 'a-client' }],
    ['a key', { type: 'signing-key-revoked', kid: 'a-person' }],
  ])('does not end one by an event about %s', async (_whose, event) => {
    await append(event);
    await expect(revocations.assertNotRevoked(claims)).resolves.toBeUndefined();
  });

  it('spares what is issued after an account or client was enabled again', async () => {
    await append({ type: 'client-disabled', clientId: 'a-client' });
    await append({ type: 'account-disabled', subject: 'a-person' });
    const afterwards = Math.floor(Date.now() / 1_000) + 2;
    expect(await revocations.isRevoked({ ...claims, iat: afterwards })).toBe(false);
  });

  it('blames itself and not the token while the database is away', async () => {
    const away = new Error('connect ECONNREFUSED 127.0.0.1:5432');
    const select = (): never => {
      throw Object.assign(away, { code: 'ECONNREFUSED' });
    };
    const without = new LoggedRevocations({ orm: { select } as unknown as typeof database.orm });
    await expect(without.assertNotRevoked(claims)).rejects.toMatchObject({
      code: 'revocations_unavailable',
      status: 503,
      cause: away,
    });
    await expect(without.isRevoked(claims)).rejects.toBe(away);
  });
});
