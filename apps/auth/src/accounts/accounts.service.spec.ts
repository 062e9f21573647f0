import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { openMemoryDatabase } from '../../test-support/memory-database.js';
import { ArtefactStore } from '../oidc/artefact-store.js';
import { artefacts } from '../oidc/artefacts.table.js';
import { revokeSession } from '../oidc/revoke-session.js';
import { SessionStore } from '../oidc/session-store.js';
import { LoginService } from '../login/login.service.js';
import { LoginThrottle } from '../login/login-throttle.js';
import { MailedLinksRepository } from '../mail/mailed-links.repository.js';
import { mailedLinks } from '../mail/mailed-links.table.js';
import { SecurityEventLog } from '../security-events/security-event-log.js';
import { securityEvents } from '../security-events/security-events.table.js';
import { EndedLogins, type EndedLogin } from '../sessions/ended-logins.js';
import { OpenAccessRepository } from '../sessions/open-access.repository.js';
import type { Account } from './account.js';
import { AccountsRepository } from './accounts.repository.js';
import { AccountsService } from './accounts.service.js';
import { accounts } from './accounts.table.js';
import { PasswordHasher } from './password-hasher.js';
import { QueueFullError, WorkQueue } from '@countersign/platform';

const ACCOUNT: Account = {
  id: '6f1c2a54-0f3b-4d0e-9a57-1d0b1c7e00aa',
  email: 'person@example.com',
  emailVerified: true,
  name: 'Pat Person',
  roles: ['customer'],
};
/** The account with the password that it begins with. */
const FIRST = { id: ACCOUNT.id, credentialsVersion: 0 };
const STRANGER: Account = { ...ACCOUNT, id: ACCOUNT.id.replace('aa', 'bb'), email: 'stranger@example.com' };
/** Made by an administrator, and without a password until its owner chooses one. */
const WAITING: Account = { ...ACCOUNT, id: ACCOUNT.id.replace('aa', 'cc'), email: 'waiting@example.com' };
const PASSWORD = 'three words are enough';

let database: Awaited<ReturnType<typeof openMemoryDatabase>>;
let hasher: PasswordHasher;
let links: MailedLinksRepository;
let service: AccountsService;
let announced: EndedLogin[] = [];

const store = (model: string) => new ArtefactStore(model, database.orm, new SecurityEventLog());
const events = async () => (await database.orm.select().from(securityEvents)).map(({ event }) => event);
const whatIsLeft = async () => {
  const rows = await database.orm.select().from(artefacts);
  return rows.map(({ model }) => model).filter((model) => model !== 'EndedSession');
};

/** A session with a grant and its refresh token, and a login that waits to be resumed. */
async function openEverything({ id }: Account): Promise<void> {
  await store('Session').upsert(
    `s-${id}`,
    {
      jti: `s-${id}`,
      uid: `uid-${id}`,
      accountId: id,
      credentialsVersion: 0,
      authorizations: { shop: { sid: `sid-${id}`, grantId: `g-${id}` }, visited: {} },
    },
    60,
  );
  await store('Grant').upsert(`g-${id}`, { jti: `g-${id}`, accountId: id }, 60);
  await store('RefreshToken').upsert(`r-${id}`, { accountId: id, grantId: `g-${id}` }, 60);
  await store('Interaction').upsert(`i-${id}`, { result: { login: { accountId: id } } }, 60);
}

beforeAll(async () => {
  database = await openMemoryDatabase();
  hasher = await PasswordHasher.create();
  const log = new SecurityEventLog();
  const repository = new AccountsRepository(database);
  const endedLogins = new EndedLogins();
  endedLogins.onEnd((logins) => announced.push(...logins));
  links = new MailedLinksRepository(database);
  service = new AccountsService(
    repository,
    hasher,
    new OpenAccessRepository(log),
    links,
    endedLogins,
    log,
    database,
  );
});
beforeEach(async () => {
  announced = [];
  await database.orm.delete(artefacts);
  await database.orm.delete(securityEvents);
  await database.orm.delete(accounts);
  await database.orm.delete(mailedLinks);
  const repository = new AccountsRepository(database);
  const passwordHash = await hasher.hash(PASSWORD);
  for (const account of [ACCOUNT, STRANGER]) await repository.add({ account, passwordHash });
});
afterEach(() => {
  jest.restoreAllMocks();
});
afterAll(() => database.close());

describe('an account that is disabled', () => {
  it('neither logs in nor is found, and can both when it is enabled again (ASVS 8.3.2)', async () => {
    expect(await service.disable(ACCOUNT.id, null)).toBe(true);
    expect(await service.findEnabled(ACCOUNT.id)).toBeUndefined();
    expect(await service.authenticate(ACCOUNT.email, PASSWORD)).toBeUndefined();
    expect(await service.enable(ACCOUNT.id, null)).toBe(true);
    expect(await service.authenticate(ACCOUNT.email, PASSWORD)).toMatchObject({ id: ACCOUNT.id });
  });

  it('has no session, grant, refresh token or login under way, and others keep theirs (ASVS 7.4.2)', async () => {
    await openEverything(ACCOUNT);
    await openEverything(STRANGER);
    await service.disable(ACCOUNT.id, null);
    expect((await whatIsLeft()).toSorted()).toEqual(['Grant', 'Interaction', 'RefreshToken', 'Session']);
    expect(await store('RefreshToken').find(`r-${STRANGER.id}`)).toBeDefined();
    expect(await events()).toEqual([{ type: 'account-disabled', subject: ACCOUNT.id }]);
  });

  it('is disabled once, and said so once', async () => {
    await service.disable(ACCOUNT.id, null);
    expect(await service.disable(ACCOUNT.id, null)).toBe(false);
    expect(await events()).toHaveLength(1);
  });

  it.each(['disable', 'enable'] as const)('that does not exist: %s says no', async (action) => {
    expect(await service[action]('6f1c2a54-0f3b-4d0e-9a57-1d0b1c7e00cc', null)).toBe(false);
    expect(await events()).toEqual([]);
  });
});

describe('an account that nobody can have', () => {
  it.each(['', 'demo-service', "' OR true --", `${ACCOUNT.id}0`])(
    'is not looked for: %j (it would fail those who are looked for at the same time)',
    async (id) => {
      const [nobody, somebody] = [service.findEnabled(id), service.findEnabled(ACCOUNT.id)];
      expect(await nobody).toBeUndefined();
      expect(await somebody).toMatchObject({ id: ACCOUNT.id });
    },
  );
});

describe('signing out everywhere', () => {
  it('ends sessions, grants and tokens of the account, and says so of each (ASVS 7.4.1)', async () => {
    await openEverything(ACCOUNT);
    await openEverything(STRANGER);
    await service.signOutEverywhere(ACCOUNT.id, null);
    expect(await store('Session').find(`s-${ACCOUNT.id}`)).toBeUndefined();
    expect(await store('RefreshToken').find(`r-${ACCOUNT.id}`)).toBeUndefined();
    expect(await store('Interaction').find(`i-${ACCOUNT.id}`)).toBeUndefined();
    expect(await store('Session').find(`s-${STRANGER.id}`)).toBeDefined();
    expect((await events()).toSorted((a, b) => a.type.localeCompare(b.type))).toEqual([
      { type: 'grant-revoked', grantId: `g-${ACCOUNT.id}` },
      { type: 'session-revoked', subject: ACCOUNT.id, sessionId: `uid-${ACCOUNT.id}` },
    ]);
  });
});

describe('a session that has ended', () => {
  it.each<[how: string, end: () => Promise<unknown>]>([
    ['by "sign out everywhere"', () => service.signOutEverywhere(ACCOUNT.id, null)],
    ['by a new password', () => service.changePassword(FIRST, 'four other words now')],
    ['by disabling', () => service.disable(ACCOUNT.id, null)],
    ['by a logout', () => revokeSession({ uid: `uid-${ACCOUNT.id}` }, database.orm, new SecurityEventLog())],
  ])('%s is not brought back by a request that was under way (ASVS 7.4.1)', async (_how, end) => {
    const sessions = new SessionStore('Session', database.orm, new SecurityEventLog());
    await openEverything(ACCOUNT);
    const underWay = await sessions.find(`s-${ACCOUNT.id}`);
    expect(underWay).toMatchObject({ accountId: ACCOUNT.id });
    await end();
    await sessions.upsert('renewed', { ...underWay, jti: 'renewed' }, 60);
    expect(await sessions.find('renewed')).toBeUndefined();
    expect(await sessions.findByUid(`uid-${ACCOUNT.id}`)).toBeUndefined();
  });
});

describe('the logins that end with an account’s sessions', () => {
  const ends: readonly [how: string, end: () => Promise<unknown>][] = [
    ['"sign out everywhere"', () => service.signOutEverywhere(ACCOUNT.id, null)],
    ['a new password', () => service.changePassword(FIRST, 'four other words now')],
    ['disabling', () => service.disable(ACCOUNT.id, null)],
  ];

  it.each(ends)('are announced, so that their clients hear of it: by %s (ASVS 7.4.1)', async (_how, end) => {
    await openEverything(ACCOUNT);
    await openEverything(STRANGER);
    await end();
    expect(announced).toEqual([{ accountId: ACCOUNT.id, clientId: 'shop', sid: `sid-${ACCOUNT.id}` }]);
  });

  it.each(ends)('are not when it comes to nothing: %s', async (_how, end) => {
    await openEverything(ACCOUNT);
    jest.spyOn(SecurityEventLog.prototype, 'append').mockRejectedValue(new Error('the disk is full'));
    await expect(end()).rejects.toThrow('the disk is full');
    expect(announced).toEqual([]);
    expect(await store('Session').find(`s-${ACCOUNT.id}`)).toBeDefined();
  });
});

describe('an account that is not the caller’s to touch', () => {
  it.each(['disable', 'enable', 'signOutEverywhere'] as const)(
    'is left as it is, though it was that only before it was locked: %s',
    async (action) => {
      await openEverything(ACCOUNT);
      const reach = jest.fn((_account: Account) => {
        throw new Error('above the caller');
      });
      const lock = jest.spyOn(AccountsRepository.prototype, 'lock');
      await expect(service[action](ACCOUNT.id, reach)).rejects.toThrow('above the caller');
      expect([lock.mock.calls.length, reach.mock.calls]).toEqual([1, [[ACCOUNT]]]);
      expect(await store('Session').find(`s-${ACCOUNT.id}`)).toBeDefined();
      expect(await events()).toEqual([]);
      expect(await service.findEnabled(ACCOUNT.id)).toBeDefined();
    },
  );
});

describe('a link to a password', () => {
  const ends: readonly [how: string, end: () => Promise<unknown>][] = [
    ['a new password', () => service.changePassword(FIRST, 'four other words now')],
    ['"sign out everywhere"', () => service.signOutEverywhere(ACCOUNT.id, null)],
    ['disabling', () => service.disable(ACCOUNT.id, null).then(() => service.enable(ACCOUNT.id, null))],
  ];
  const purposes = ['reset-password', 'set-password'] as const;

  it.each(ends.flatMap(([how, end]) => purposes.map((purpose) => [how, purpose, end] as const)))(
    'ends by %s, be it for %s: who opened it before does not come back (ASVS 7.4.3)',
    async (_how, purpose, end) => {
      const theirs = await links.add({ purpose, email: ACCOUNT.email, interactionUid: null });
      const another = await links.add({ purpose, email: STRANGER.email, interactionUid: null });
      await end();
      expect(await links.find([purpose], theirs)).toBeUndefined();
      expect(await links.find([purpose], another)).toBeDefined();
    },
  );
});

describe('a new password', () => {
  it('replaces the old one, and ends all that the old one gave (BCP-11, ASVS 7.4.3)', async () => {
    await openEverything(ACCOUNT);
    await openEverything(STRANGER);
    expect(await service.changePassword(FIRST, 'four other words now')).toBe(1);
    expect(await service.authenticate(ACCOUNT.email, PASSWORD)).toBeUndefined();
    expect(await service.authenticate(ACCOUNT.email, 'four other words now')).toBeDefined();
    expect((await whatIsLeft()).toSorted()).toEqual(['Grant', 'Interaction', 'RefreshToken', 'Session']);
    expect(await events()).toEqual([{ type: 'credential-changed', subject: ACCOUNT.id }]);
  });

  it('is not set for an account that is disabled', async () => {
    await service.disable(ACCOUNT.id, null);
    expect(await service.changePassword(FIRST, 'four other words now')).toBeUndefined();
  });

  it.each<[how: string, end: () => Promise<unknown>]>([
    ['a new password', () => service.changePassword(FIRST, 'four other words now')],
    ['disabling', () => service.disable(ACCOUNT.id, null).then(() => service.enable(ACCOUNT.id, null))],
  ])('or %s ends a login that was waiting for argon2 meanwhile (BCP-11, ASVS 7.4.3)', async (_how, end) => {
    const [waiting, turn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const verify = hasher.verify.bind(hasher);
    jest.spyOn(hasher, 'verify').mockImplementationOnce(async (...args) => {
      waiting.resolve();
      await turn.promise;
      return verify(...args);
    });
    const underWay = service.authenticate(ACCOUNT.email, PASSWORD);
    await waiting.promise;
    await end();
    turn.resolve();
    const late = await underWay;
    expect(late).toMatchObject(FIRST);
    const sessions = new SessionStore('Session', database.orm, new SecurityEventLog());
    const opened = { uid: 'late', accountId: ACCOUNT.id, credentialsVersion: late?.credentialsVersion };
    await sessions.upsert('late', { jti: 'late', ...opened }, 60);
    expect(await sessions.find('late')).toBeUndefined();
    expect(await sessions.findByUid('late')).toBeUndefined();
    expect(await service.changePassword(FIRST, 'a password of the thief')).toBeUndefined();
  });
});

describe('a login', () => {
  it.each<[whose: string, email: string, state: 'enabled' | 'disabled']>([
    ['of an account with a wrong password', ACCOUNT.email, 'enabled'],
    ['of nobody', 'nobody@example.com', 'enabled'],
    ['of an account that is disabled', ACCOUNT.email, 'disabled'],
    ['of an account that has no password yet', WAITING.email, 'enabled'],
  ])('%s takes one run of argon2, as every other (ASVS 6.3.8)', async (_whose, email, state) => {
    if (state === 'disabled') await service.disable(ACCOUNT.id, null);
    await new AccountsRepository(database).add({ account: WAITING, passwordHash: undefined });
    const verify = jest.spyOn(hasher, 'verify');
    const run = jest.spyOn(WorkQueue.prototype, 'run');
    expect(await service.authenticate(email, 'a wrong password')).toBeUndefined();
    expect([verify.mock.calls.length, run.mock.calls.length]).toEqual([1, 1]);
  });

  it('is turned away before anything is looked up for it, while too many wait', async () => {
    const throttle = new LoginThrottle({ orm: database.orm, secret: 'a secret', isSecure: false });
    const [attempt, verify] = [jest.spyOn(throttle, 'attempt'), jest.spyOn(hasher, 'verify')];
    const login = { email: ACCOUNT.email, password: PASSWORD, address: '192.0.2.1', cookies: undefined };
    const logins = new LoginService(service, throttle);
    const waiting = Array.from({ length: 66 }, () => hasher.verify(PASSWORD, undefined));
    verify.mockClear();
    await expect(logins.authenticate(login)).rejects.toBeInstanceOf(QueueFullError);
    expect([attempt.mock.calls.length, verify.mock.calls.length]).toEqual([0, 0]);
    await Promise.all(waiting);
    await expect(logins.authenticate(login)).resolves.toMatchObject(FIRST);
  });
});
