import { QueueFullError } from '@countersign/platform';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { sql } from 'drizzle-orm';
import { errors } from 'oidc-provider';
import { openMemoryDatabase } from '../../test-support/memory-database.js';
import { SecurityEventLog } from '../security-events/security-event-log.js';
import { ArtefactStore } from './artefact-store.js';
import { artefacts } from './artefacts.table.js';
import { ExpiredArtefactsService } from './expired-artefacts.service.js';

let database: Awaited<ReturnType<typeof openMemoryDatabase>>;
const store = (model: string) => new ArtefactStore(model, database.orm, new SecurityEventLog());
const rows = () => database.orm.select().from(artefacts);

beforeAll(async () => {
  database = await openMemoryDatabase();
});
beforeEach(() => database.orm.delete(artefacts));
afterAll(() => database.close());

describe('the artefact store', () => {
  it('finds what was stored, until it is destroyed', async () => {
    const grants = store('Grant');
    await grants.upsert('grant-1', { jti: 'grant-1', accountId: 'a' }, 60);
    await grants.upsert('grant-1', { jti: 'grant-1', accountId: 'b' }, 60);
    expect(await grants.find('grant-1')).toEqual({ jti: 'grant-1', accountId: 'b' });
    await grants.destroy('grant-1');
    expect(await grants.find('grant-1')).toBeUndefined();
  });

  it('keeps the models apart', async () => {
    await store('Grant').upsert('same', { jti: 'same' }, 60);
    expect(await store('Interaction').find('same')).toBeUndefined();
  });

  it('finds a session by its uid', async () => {
    await store('Session').upsert('session', { jti: 'session', uid: 'uid-1' }, 60);
    expect(await store('Session').findByUid('uid-1')).toMatchObject({ uid: 'uid-1' });
  });

  it.each(['AccessToken', 'AuthorizationCode', 'ClientCredentials', 'DeviceCode', 'RefreshToken', 'Session'])(
    'stores no usable handle of a %s',
    async (model) => {
      await store(model).upsert('the-handle', { jti: 'the-handle' }, 60);
      expect(await store(model).find('the-handle')).toEqual({ jti: 'the-handle' });
      const [row] = await rows();
      expect(JSON.stringify(row)).not.toContain('the-handle');
      expect(await store(model).find(row?.id ?? '')).toBeUndefined();
    },
  );

  it('lets a write wait for a second at most, while those before it find no connection', async () => {
    const [held, done] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const holding = database.orm.transaction(() => {
      held.resolve();
      return done.promise;
    });
    await held.promise;
    const write = (id: string) => store('Grant').upsert(id, { jti: id }, 60);
    const before = Array.from({ length: 5 }, (_none, index) => write(`grant-${index}`));
    await expect(write('late')).rejects.toBeInstanceOf(QueueFullError);
    done.resolve();
    await Promise.all([holding, ...before]);
    expect(await rows()).toHaveLength(5);
  });

  it('revokes the artefacts of one model and grant, and no others', async () => {
    await store('RefreshToken').upsert('r1', { jti: 'r1', grantId: 'g1' }, 60);
    await store('RefreshToken').upsert('r2', { jti: 'r2', grantId: 'g2' }, 60);
    await store('RefreshToken').revokeByGrantId('g1');
    expect(await store('RefreshToken').find('r1')).toBeUndefined();
    expect(await store('RefreshToken').find('r2')).toBeDefined();
  });
});

describe.each(['AuthorizationCode', 'DeviceCode'])('consuming a handle of %s', (model) => {
  beforeEach(async () => {
    await store('Grant').upsert('grant-1', { jti: 'grant-1' }, 60);
    await store(model).upsert('handle', { jti: 'handle', grantId: 'grant-1' }, 60);
  });

  it('marks it as used', async () => {
    await store(model).consume('handle');
    expect(await store(model).find('handle')).toMatchObject({ consumed: expect.any(Number) });
  });

  it('succeeds once of 20 times at the same time', async () => {
    const uses = Array.from({ length: 20 }, () => store(model).consume('handle'));
    const results = await Promise.allSettled(uses);
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const refusals = results.filter((result) => result.status === 'rejected');
    expect(refusals.every(({ reason }) => reason instanceof errors.InvalidGrant)).toBe(true);
  });

  it('ends the whole family at its second use (RFC 6749 §4.1.2)', async () => {
    await store('RefreshToken').upsert('successor', { jti: 'successor', grantId: 'grant-1' }, 60);
    await store('RefreshToken').upsert('stranger', { jti: 'stranger', grantId: 'grant-2' }, 60);
    await store(model).consume('handle');
    await expect(store(model).consume('handle')).rejects.toBeInstanceOf(errors.InvalidGrant);
    expect(await store('Grant').find('grant-1')).toBeUndefined();
    expect(await store('RefreshToken').find('successor')).toBeUndefined();
    expect(await store('RefreshToken').find('stranger')).toBeDefined();
  });

  it('refuses an unknown handle', async () => {
    await expect(store(model).consume('unknown')).rejects.toBeInstanceOf(errors.InvalidGrant);
  });
});

describe('the deletion of expired artefacts', () => {
  let deletion: ExpiredArtefactsService;
  beforeAll(() => {
    deletion = new ExpiredArtefactsService(database);
  });

  async function writeExpired(count: number): Promise<void> {
    await database.orm.execute(sql`
      INSERT INTO ${artefacts} (model, id, payload, expires_at)
      SELECT 'Interaction', n::text, '{}', now() - interval '1 hour' FROM generate_series(1, ${count}::int) n`);
  }

  it('deletes what has expired for longer than clocks may differ, and nothing else', async () => {
    await store('Interaction').upsert('old', { jti: 'old' }, -61);
    await store('Interaction').upsert('just expired', { jti: 'just expired' }, -1);
    await store('Interaction').upsert('current', { jti: 'current' }, 60);
    await store('Interaction').upsert('lasting', { jti: 'lasting' });
    await deletion.deleteExpired(new AbortController().signal);
    expect((await rows()).map(({ id }) => id).toSorted()).toEqual(['current', 'just expired', 'lasting']);
  });

  it('leaves no row to the next round, however many strangers have written', async () => {
    await writeExpired(12_000);
    await deletion.deleteExpired(new AbortController().signal);
    expect(await rows()).toHaveLength(0);
  });

  it('begins no other batch when the process is to end', async () => {
    await writeExpired(1);
    await deletion.deleteExpired(AbortSignal.abort());
    expect(await rows()).toHaveLength(1);
  });
});
