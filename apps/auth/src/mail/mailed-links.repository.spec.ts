import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { openMemoryDatabase } from '../../test-support/memory-database.js';
import { LINK_MINUTES, MailedLinksRepository } from './mailed-links.repository.js';
import { mailedLinks, type LinkPurpose } from './mailed-links.table.js';

const LINK = { purpose: 'register', email: 'person@example.com', interactionUid: null } as const;

let database: Awaited<ReturnType<typeof openMemoryDatabase>>;
let links: MailedLinksRepository;

beforeAll(async () => {
  database = await openMemoryDatabase();
  links = new MailedLinksRepository(database);
});
beforeEach(() => database.orm.delete(mailedLinks));
afterEach(() => {
  jest.useRealTimers();
});
afterAll(() => database.close());

function use(token: string, purpose: LinkPurpose = 'register') {
  return database.orm.transaction((tx) => links.use([purpose], token, tx));
}

describe('a mailed link', () => {
  it('is good once, however often it is looked at', async () => {
    const token = await links.add(LINK);
    expect(await links.find(['register'], token)).toMatchObject(LINK);
    expect(await use(token)).toMatchObject(LINK);
    expect(await use(token)).toBeUndefined();
    expect(await links.find(['register'], token)).toBeUndefined();
  });

  it('is good for one of 20 uses at the same time', async () => {
    const token = await links.add(LINK);
    const uses = await Promise.all(Array.from({ length: 20 }, () => use(token)));
    expect(uses.filter(Boolean)).toHaveLength(1);
  });

  it('takes the earlier ones of its address along, and nobody else’s', async () => {
    const [first, second] = [await links.add(LINK), await links.add(LINK)];
    const stranger = await links.add({ ...LINK, email: 'stranger@example.com' });
    await use(second);
    expect(await links.find(['register'], first)).toBeUndefined();
    expect(await links.find(['register'], stranger)).toBeDefined();
  });

  it('takes those of other purposes along: one new password is the last word', async () => {
    const mailed = await links.add({ ...LINK, purpose: 'reset-password' });
    const handedOver = await links.add({ ...LINK, purpose: 'set-password' });
    await use(handedOver, 'set-password');
    expect(await links.find(['reset-password'], mailed)).toBeUndefined();
  });

  it.each<LinkPurpose>(['reset-password', 'set-password'])('is not good for %s as well', async (purpose) => {
    const token = await links.add(LINK);
    expect(await use(token, purpose)).toBeUndefined();
    expect(await use(token)).toBeDefined();
  });

  it('that is withdrawn is good for nothing, and one of another purpose still is', async () => {
    const handedOver = await links.add({ ...LINK, purpose: 'set-password' });
    const mailed = await links.add({ ...LINK, purpose: 'reset-password' });
    await links.withdraw('set-password', LINK.email, database.orm);
    expect(await use(handedOver, 'set-password')).toBeUndefined();
    expect(await use(mailed, 'reset-password')).toBeDefined();
  });

  it('expires', async () => {
    const token = await links.add(LINK);
    jest.useFakeTimers({ advanceTimers: true, now: Date.now() + LINK_MINUTES * 60_000 });
    expect(await use(token)).toBeUndefined();
  });

  it('is not in the database', async () => {
    const token = await links.add(LINK);
    expect(JSON.stringify(await database.orm.select().from(mailedLinks))).not.toContain(token);
  });
});
