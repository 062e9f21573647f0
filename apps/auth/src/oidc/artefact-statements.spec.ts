import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { sql } from 'drizzle-orm';
import { openPostgresDatabase } from '../../test-support/postgres-database.js';
import { SecurityEventLog } from '../security-events/security-event-log.js';
import { ArtefactStore } from './artefact-store.js';
import { artefacts } from './artefacts.table.js';
import { RefreshTokenStore } from './refresh-token-store.js';
import { SessionStore } from './session-store.js';

const url = process.env['TEST_POSTGRES_URL'];
const onPostgres = url === undefined ? describe.skip : describe;

onPostgres('the statements of a refresh, on PostgreSQL', () => {
  let database: Awaited<ReturnType<typeof openPostgresDatabase>>;
  let grants: ArtefactStore;

  beforeAll(async () => {
    database = await openPostgresDatabase(url ?? '');
    grants = new ArtefactStore('Grant', database.orm, new SecurityEventLog());
  });
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
      await database.orm.delete(artefacts);
    },
  );

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
