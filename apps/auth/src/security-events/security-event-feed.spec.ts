import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Orm } from '@countersign/platform/database';
import { openMemoryDatabase } from '../../test-support/memory-database.js';
import { openPostgresDatabase } from '../../test-support/postgres-database.js';
import { SecurityEventFeed } from './security-event-feed.js';
import { SecurityEventLog } from './security-event-log.js';
import { securityEvents } from './security-events.table.js';

interface Opened {
  readonly orm: Orm;
  close(): Promise<void>;
}

const POSTGRES_URL = process.env['TEST_POSTGRES_URL'];
const WRITERS = 20;
const EVENTS_PER_WRITER = 25;

const log = new SecurityEventLog();
const notifications = { listen: () => () => undefined };
const append = (grantId: string, orm: Orm) => log.append({ type: 'grant-revoked', grantId }, orm);

/** A feed, and the grants it has told of. */
function follow(orm: Orm) {
  const feed = new SecurityEventFeed({ orm, notifications });
  const told: string[] = [];
  feed.listen((events) =>
    told.push(...events.map(({ event }) => (event.type === 'grant-revoked' ? event.grantId : event.type))),
  );
  return { feed, told };
}

describe.each<[where: string, open: () => Promise<Opened>]>([
  ['the embedded database', openMemoryDatabase],
  ...(POSTGRES_URL === undefined
    ? []
    : [['PostgreSQL', () => openPostgresDatabase(POSTGRES_URL)] as [string, () => Promise<Opened>]]),
])('the feed of events on %s', (_where, open) => {
  let database: Opened;

  beforeAll(async () => {
    database = await open();
  });
  beforeEach(() => database.orm.delete(securityEvents));
  afterAll(() => database.close());

  it('tells each event once, in the order of the log', async () => {
    const { feed, told } = follow(database.orm);
    for (const grantId of ['a', 'b']) await append(grantId, database.orm);
    await feed.read();
    await append('c', database.orm);
    await feed.read();
    await feed.read();
    expect(told).toEqual(['a', 'b', 'c']);
  });

  it('tells nothing of a transaction that failed', async () => {
    const { feed, told } = follow(database.orm);
    const failed = database.orm.transaction(async (transaction) => {
      await append('never', transaction);
      throw new Error('no');
    });
    await expect(failed).rejects.toThrow('no');
    await feed.read();
    expect(told).toEqual([]);
  });
});

(POSTGRES_URL === undefined ? describe.skip : describe)(
  'the feed of events among concurrent transactions (TEST_POSTGRES_URL)',
  () => {
    let database: Opened;

    beforeAll(async () => {
      database = await openPostgresDatabase(POSTGRES_URL ?? '');
    });
    beforeEach(() => database.orm.delete(securityEvents));
    afterAll(() => database.close());

    it('tells of an event whose transaction is committed after one with a higher sequence was told', async () => {
      const { feed, told } = follow(database.orm);
      await database.orm.transaction(async (slow) => {
        await append('first', slow);
        await append('second', database.orm); // on a connection of its own, and committed
        await feed.read();
        expect(told).toEqual(['second']);
      });
      await feed.read();
      await feed.read();
      expect(told).toEqual(['second', 'first']);
    });

    it(`misses none of ${WRITERS * EVENTS_PER_WRITER} that ${WRITERS} writers commit at the same time`, async () => {
      const { feed, told } = follow(database.orm);
      const writing = new AbortController();
      const reader = (async () => {
        while (!writing.signal.aborted) await feed.read();
      })();
      await Promise.all(
        Array.from({ length: WRITERS }, async (_, writer) => {
          for (let count = 0; count < EVENTS_PER_WRITER; count++) {
            await database.orm.transaction((transaction) => append(`${writer}-${count}`, transaction));
          }
        }),
      );
      writing.abort();
      await reader;
      await feed.read();
      expect(told).toHaveLength(WRITERS * EVENTS_PER_WRITER);
      expect(new Set(told).size).toBe(WRITERS * EVENTS_PER_WRITER);
    });
  },
);
