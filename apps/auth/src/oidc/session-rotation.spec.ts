import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Orm } from '@countersign/platform/database';
import { Provider, type AdapterPayload } from 'oidc-provider';
import { accounts } from '../accounts/accounts.table.js';
import { OpenAccessRepository } from '../sessions/open-access.repository.js';
import { SecurityEventLog } from '../security-events/security-event-log.js';
import { securityEvents } from '../security-events/security-events.table.js';
import { openMemoryDatabase } from '../../test-support/memory-database.js';
import { openPostgresDatabase } from '../../test-support/postgres-database.js';
import { artefacts } from './artefacts.table.js';
import { revokeSession } from './revoke-session.js';
import { bindLoginsToCredentials } from './session-credentials.js';
import { rotateSessionsInPlace } from './session-rotation.js';
import { SessionStore } from './session-store.js';

interface Opened {
  readonly orm: Orm;
  close(): Promise<void>;
}

const POSTGRES_URL = process.env['TEST_POSTGRES_URL'];
const ACCOUNT = '6f1c2a54-0f3b-4d0e-9a57-1d0b1c7e00aa';
const SIGNING_KEY = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });
const UID = 'the-session';
const log = new SecurityEventLog();
const told = { type: 'session-revoked', subject: ACCOUNT, sessionId: UID };

/** A store in which a request stops before it writes its session, while the gate is closed. */
class GatedStore extends SessionStore {
  reached = Promise.withResolvers<void>();
  gate = Promise.withResolvers<void>();

  override async upsert(id: string, payload: AdapterPayload, expiresIn?: number): Promise<void> {
    this.reached.resolve();
    await this.gate.promise;
    await super.upsert(id, payload, expiresIn);
  }
}

describe.each<[where: string, open: () => Promise<Opened>]>([
  ['the embedded database', openMemoryDatabase],
  ...(POSTGRES_URL === undefined
    ? []
    : [['PostgreSQL', () => openPostgresDatabase(POSTGRES_URL)] as [string, () => Promise<Opened>]]),
])('a session that gets a new identifier, on %s,', (_where, open) => {
  let database: Opened;
  let store: GatedStore;
  let provider: Provider;

  beforeAll(async () => {
    database = await open();
    await database.orm
      .insert(accounts)
      .values({ id: ACCOUNT, email: 'p@example.com', name: 'P', roles: [], passwordHash: 'x' });
  });
  beforeEach(async () => {
    await database.orm.delete(artefacts);
    await database.orm.delete(securityEvents);
    store = new GatedStore('Session', database.orm, log);
    provider = new Provider('http://localhost:1', {
      adapter: () => store,
      jwks: { keys: [SIGNING_KEY] },
      features: { devInteractions: { enabled: false } },
      enabledJWA: { idTokenSigningAlgValues: ['ES256'] },
      clientDefaults: { id_token_signed_response_alg: 'ES256' },
      cookies: { keys: ['secret'] },
    });
    bindLoginsToCredentials(provider);
    rotateSessionsInPlace(provider, store);
  });
  afterAll(() => database.close());

  const events = async () => (await database.orm.select().from(securityEvents)).map(({ event }) => event);
  const handles = async () =>
    (await database.orm.select().from(artefacts)).filter(({ model }) => model === 'Session').length;

  /** Its types leave the constructor's argument out. */
  const sessionOf = (payload: object) =>
    Reflect.construct(provider.Session, [payload]) as InstanceType<Provider['Session']>;

  /** A session in which somebody is logged in, with an identifier that has just been reset. */
  async function rotating() {
    store.gate.resolve();
    const payload = { kind: 'Session', jti: 'before', uid: UID, accountId: ACCOUNT, credentialsVersion: 0 };
    await store.upsert('before', payload, 60);
    const session = sessionOf(payload);
    session.resetIdentifier();
    [store.reached, store.gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    return session;
  }

  const openAccess = new OpenAccessRepository(log);
  const ways: readonly [how: string, end: (orm: Orm) => Promise<unknown>][] = [
    ['its own logout', (orm) => revokeSession({ uid: UID, accountId: ACCOUNT }, orm, log)],
    ['its own logout, which does not say whose it is', (orm) => revokeSession({ uid: UID }, orm, log)],
    ['the account page', (orm) => orm.transaction((tx) => openAccess.endSession(ACCOUNT, UID, tx))],
    ['"sign out everywhere"', (orm) => orm.transaction((tx) => openAccess.endAll(ACCOUNT, tx))],
  ];

  it.each(ways)('is ended and told of by %s that comes in between (ASVS 7.4.1)', async (_how, end) => {
    const session = await rotating();
    const saved = session.save(60);
    await store.reached.promise;
    await end(database.orm);
    store.gate.resolve();
    await saved;
    expect(await events()).toEqual([told]);
    expect(await store.find(session.jti)).toBeUndefined();
    expect(await store.find('before')).toBeUndefined();
  });

  it.each(ways)('is ended and told of by %s that waits for the change (ASVS 7.4.1)', async (_how, end) => {
    await rotating();
    let ending: Promise<unknown> | undefined;
    await database.orm.transaction(async (tx) => {
      await new SessionStore('Session', tx, log).rename('before', 'after');
      ending = end(database.orm);
      await new Promise((resolve) => setTimeout(resolve, 100)); // on PostgreSQL it meets the row lock
    });
    await ending;
    expect(await events()).toEqual([told]);
    expect(await handles()).toBe(0);
  });

  it('is there under the new one, and under the old one no more (ASVS 7.2.4)', async () => {
    const session = await rotating();
    store.gate.resolve();
    await session.save(60);
    await session.save(60);
    expect(await store.find('before')).toBeUndefined();
    expect(await store.find(session.jti)).toMatchObject({ uid: UID, accountId: ACCOUNT });
    expect(await handles()).toBe(1);
  });

  it('is written when it had no row before', async () => {
    store.gate.resolve();
    const session = sessionOf({ uid: 'new', jti: 'never-stored' });
    session.resetIdentifier();
    await session.save(60);
    expect(await store.find(session.jti)).toMatchObject({ uid: 'new' });
    expect(await handles()).toBe(1);
  });
});

describe('a logout', () => {
  it('is told of although the row of the session is gone already', async () => {
    const database = await openMemoryDatabase();
    await revokeSession({ uid: UID, accountId: ACCOUNT }, database.orm, log);
    expect((await database.orm.select().from(securityEvents)).map(({ event }) => event)).toEqual([told]);
    await database.close();
  });
});
