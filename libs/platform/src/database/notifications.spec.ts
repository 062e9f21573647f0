import { setTimeout as delay } from 'node:timers/promises';
import { PGlite } from '@electric-sql/pglite';
import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { drizzle as drizzlePostgres } from 'drizzle-orm/node-postgres';
import { drizzle as drizzlePglite } from 'drizzle-orm/pglite';
import { Client, Pool } from 'pg';
import { EmbeddedNotifications } from './embedded-notifications.js';
import { notify, type Notifications } from './notifications.js';
import type { Orm } from './orm.js';
import { PostgresNotifications } from './postgres-notifications.js';

interface Opened {
  readonly orm: Orm;
  readonly notifications: Notifications;
  close(): Promise<unknown>;
}

const POSTGRES_URL = process.env['TEST_POSTGRES_URL'];

async function openEmbedded(): Promise<Opened> {
  const client = await PGlite.create();
  return {
    orm: drizzlePglite(client),
    notifications: new EmbeddedNotifications(client),
    close: () => client.close(),
  };
}

function openPostgres(connectionString: string): Opened {
  const pool = new Pool({ connectionString });
  const notifications = new PostgresNotifications(connectionString);
  const close = () => Promise.all([notifications.close(), pool.end()]);
  return { orm: drizzlePostgres(pool), notifications, close };
}

/** Counts calls, and waits for them. */
class Calls {
  count = 0;
  readonly note = (): void => {
    this.count++;
  };

  async reach(count: number): Promise<number> {
    for (let attempt = 0; attempt < 500 && this.count < count; attempt++) await delay(10);
    return this.count;
  }
}

beforeAll(() => Logger.overrideLogger(false));

describe.each<[where: string, open: () => Promise<Opened> | Opened]>([
  ['on the embedded database', openEmbedded],
  ...(POSTGRES_URL === undefined
    ? []
    : [['on PostgreSQL', () => openPostgres(POSTGRES_URL)] as [string, () => Opened]]),
])('a listener %s', (_where, open) => {
  let opened: Opened;

  beforeAll(async () => {
    opened = await open();
  });
  afterAll(() => opened.close());

  it('looks once when it begins, and again at every notification on its channel', async () => {
    const [mine, other] = [new Calls(), new Calls()];
    opened.notifications.listen('mine', mine.note);
    opened.notifications.listen('other', other.note);
    expect(await mine.reach(1)).toBe(1);
    expect(await other.reach(1)).toBe(1);
    await notify('mine', opened.orm);
    expect(await mine.reach(2)).toBe(2);
    expect(other.count).toBe(1);
  });

  it('hears of a transaction when it is committed, and never of one that failed', async () => {
    const calls = new Calls();
    opened.notifications.listen('committed', calls.note);
    await calls.reach(1);
    const failed = opened.orm.transaction(async (transaction) => {
      await notify('committed', transaction);
      throw new Error('no');
    });
    await expect(failed).rejects.toThrow('no');
    await opened.orm.transaction((transaction) => notify('committed', transaction));
    expect(await calls.reach(2)).toBe(2);
  });

  it('that has ended hears nothing', async () => {
    const [ended, going] = [new Calls(), new Calls()];
    opened.notifications.listen('going', going.note);
    opened.notifications.listen('going', ended.note)();
    await going.reach(1);
    await notify('going', opened.orm);
    await going.reach(2);
    expect(ended.count).toBe(0);
  });

  it('names its channel without need for quotes', () => {
    expect(() => opened.notifications.listen('a; DROP TABLE keys', () => undefined)).toThrow(TypeError);
  });
});

(POSTGRES_URL === undefined ? describe.skip : describe)(
  'a listener whose connection is lost (TEST_POSTGRES_URL)',
  () => {
    it('looks when it is back, and hears the next notification', async () => {
      const opened = openPostgres(POSTGRES_URL ?? '');
      const calls = new Calls();
      opened.notifications.listen('lost', calls.note);
      await calls.reach(1);
      const client = new Client({ connectionString: POSTGRES_URL });
      await client.connect();
      await client.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = 'LISTEN lost' AND pid <> pg_backend_pid()`,
      );
      await client.end();
      expect(await calls.reach(2)).toBe(2);
      await notify('lost', opened.orm);
      expect(await calls.reach(3)).toBe(3);
      await opened.close();
    });
  },
);
