import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { openMemoryDatabase } from '../../test-support/memory-database.js';
import type { Account } from '../accounts/account.js';
import { AccountsRepository } from '../accounts/accounts.repository.js';
import { AccountsService } from '../accounts/accounts.service.js';
import { accounts } from '../accounts/accounts.table.js';
import { PasswordHasher } from '../accounts/password-hasher.js';
import { MailedLinksRepository } from '../mail/mailed-links.repository.js';
import { SecurityEventLog } from '../security-events/security-event-log.js';
import { EndedLogins } from '../sessions/ended-logins.js';
import { OpenAccessRepository } from '../sessions/open-access.repository.js';
import { LinkRedemptionService } from './link-redemption.service.js';

const ACCOUNT: Account = {
  id: '6f1c2a54-0f3b-4d0e-9a57-1d0b1c7e00aa',
  email: 'person@example.com',
  emailVerified: false,
  name: 'Pat Person',
  roles: ['customer'],
};
const PASSWORD = 'four other words now';

let database: Awaited<ReturnType<typeof openMemoryDatabase>>;
let repository: AccountsRepository;
let links: MailedLinksRepository;
let service: AccountsService;
let redemption: LinkRedemptionService;

beforeAll(async () => {
  database = await openMemoryDatabase();
  const [hasher, log, ended] = [await PasswordHasher.create(), new SecurityEventLog(), new EndedLogins()];
  repository = new AccountsRepository(database);
  links = new MailedLinksRepository(database);
  const openAccess = new OpenAccessRepository(log);
  service = new AccountsService(repository, hasher, openAccess, links, ended, log, database);
  redemption = new LinkRedemptionService(database, links, repository, service, hasher, ended);
});
beforeEach(async () => {
  await database.orm.delete(accounts);
  await repository.add({ account: ACCOUNT, passwordHash: undefined });
});
afterEach(() => {
  jest.restoreAllMocks();
});
afterAll(() => database.close());

const newLink = () => links.add({ purpose: 'reset-password', email: ACCOUNT.email, interactionUid: null });

describe('a link to a new password', () => {
  it('gives the account the password that was chosen', async () => {
    expect(await redemption.resetPassword(await newLink(), PASSWORD)).toMatchObject({ account: ACCOUNT });
    expect(await service.authenticate(ACCOUNT.email, PASSWORD)).toMatchObject({
      id: ACCOUNT.id,
      emailVerified: true,
    });
  });

  it('is used while its account is locked, or two who lock both would wait for each other', async () => {
    const [lock, use] = [jest.spyOn(repository, 'lock'), jest.spyOn(links, 'use')];
    await redemption.resetPassword(await newLink(), PASSWORD);
    const [locked = Infinity] = lock.mock.invocationCallOrder;
    expect(locked).toBeLessThan(use.mock.invocationCallOrder[0] ?? 0);
  });

  it('is good for nothing when the password was changed while argon2 was at work', async () => {
    const token = await newLink();
    const find = links.find.bind(links);
    jest.spyOn(links, 'find').mockImplementationOnce(async (...args) => {
      const link = await find(...args);
      await service.changePassword({ id: ACCOUNT.id, credentialsVersion: 0 }, 'a password of the owner');
      return link;
    });
    expect(await redemption.resetPassword(token, PASSWORD)).toBeUndefined();
    expect(await service.authenticate(ACCOUNT.email, 'a password of the owner')).toBeDefined();
  });
});
