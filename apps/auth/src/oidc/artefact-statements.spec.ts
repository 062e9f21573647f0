import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Orm } from '@countersign/platform/database';
import { sql } from 'drizzle-orm';
import { openPostgresDatabase } from '../../test-support/postgres-database.js';
import { SecurityEventLog } from '../security-events/security-event-log.js';
import { EventStreamsRepository } from '../security-events/event-streams.repository.js';
import { ArtefactStore } from './artefact-store.js';
import { ExpiredArtefactsService } from './expired-artefacts.service.js';
import { RefreshTokenStore } from './refresh-token-store.js';
import { SessionStore } from './session-store.js';

const url = process.env['TEST_POSTGRES_URL'];
const onPostgres = url === undefined ? describe.skip : describe;

/** How often this connection has read a table from end to end. */
async function scansOf(table: string, orm: Orm): Promise<number> {
  const [row] = await orm
    .select({ count: sql<number>`seq_scan::int` })
    .from(sql`pg_stat_xact_user_tables`)
    .where(sql`relname = ${table}`);
  return row?.count ?? Number.NaN;
}

onPostgres('the statements of a refresh, on PostgreSQL', () => {
  let database: Awaited<ReturnType<typeof openPostgresDatabase>>;
  let grants: ArtefactStore;

  beforeAll(async () => {
    database = await openPostgresDatabase(url ?? '');
    grants = new ArtefactStore('Grant', database.orm, new SecurityEventLog());
  });
  afterEach(() => database.orm.execute(sql`TRUNCATE artefacts, event_streams CASCADE`));
  afterAll(() => database.close());

  it.each([
    ['sessions_by_uid', "ARRAY['Session'], ARRAY['uid'], 1"],
    ['refresh_tokens_by_id', "ARRAY['RefreshToken'], ARRAY['id'], 1"],
    ['artefacts_by_id', "ARRAY['Grant'], ARRAY['id'], 1"],
    ['replace_refresh_tokens', "'[]'"],
  ])(
    '%s reads no table from end to end, although it was planned when all were empty',
    async (name, values) => {
      const log = new SecurityEventLog();
      const tokens = new RefreshTokenStore(database.orm, log);
      await database.orm.execute(sql`SET plan_cache_mode = force_generic_plan`);
      await new SessionStore('Session', database.orm, log).findByUid('uid');
      await grants.find('grant');
      await tokens.find('token');
      await tokens.upsert('used', { grantId: 'grant' }, 60);
      const successor = { handle: 'next', payload: { grantId: 'grant' }, expiresInSeconds: 60 };
      await tokens.rotate('used', successor);
      const plan = await database.orm.execute(sql.raw(`EXPLAIN (COSTS off) EXECUTE ${name} (${values})`));
      const text = JSON.stringify(plan.rows);
      expect(text).toContain('Index');
      expect(text).not.toContain('Seq Scan');
    },
  );

  it.each<[what: string, table: string, sweep: (orm: Orm) => Promise<void>]>([
    [
      'expired rows',
      'artefacts',
      (orm) => new ExpiredArtefactsService({ orm }).deleteExpired(new AbortController().signal),
    ],
    ['idle streams', 'event_streams', (orm) => new EventStreamsRepository({ orm }).deleteExpired()],
  ])('the deletion of %s reads no table from end to end', async (_what, table, sweep) => {
    await database.orm.execute(sql`INSERT INTO artefacts (model, id, payload, expires_at)
      SELECT 'Grant', n::text, '{}', now() + n * interval '1 second' FROM generate_series(-20, 20000) AS n`);
    await database.orm.execute(sql`INSERT INTO event_streams (client_id, stream_id, polled_at)
      SELECT 'gateway', n::text, now() - n * interval '0.1 second' FROM generate_series(1, 20000) AS n`);
    await database.orm.execute(sql`ANALYZE artefacts, event_streams`);
    const scans = await database.orm.transaction(async (tx) => {
      await tx.execute(sql`SET LOCAL plan_cache_mode = force_generic_plan`);
      const before = await scansOf(table, tx);
      await sweep(tx);
      return (await scansOf(table, tx)) - before;
    });
    expect(scans).toBe(0);
  });

  it('a look-up does not wait for writes, however many wait', async () => {
    await grants.upsert('grant', { jti: 'grant' }, 60);
    let writes: Promise<unknown> = Promise.resolve();
    await database.orm.transaction(async (tx) => {
      await tx.execute(sql`LOCK TABLE artefacts IN SHARE MODE`);
      writes = Promise.all(
        Array.from({ length: 20 }, (_, index) => grants.upsert(`g${index}`, { jti: 'g' }, 60)),
      );
      expect(await grants.find('grant')).toEqual({ jti: 'grant' });
    });
    await writes;
  });
});
