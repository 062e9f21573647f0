import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { and, isNotNull, isNull, sql } from 'drizzle-orm';
import { errors } from 'oidc-provider';
import { openMemoryDatabase } from '../../test-support/memory-database.js';
import { SecurityEventLog } from '../security-events/security-event-log.js';
import { ArtefactStore } from './artefact-store.js';
import { artefacts } from './artefacts.table.js';
import { REUSE_GRACE_SECONDS, RefreshTokenStore, type Successor } from './refresh-token-store.js';

let database: Awaited<ReturnType<typeof openMemoryDatabase>>;
let store: RefreshTokenStore;
let grants: ArtefactStore;

const payload = { grantId: 'grant-1', accountId: 'someone' };
const successor = (handle: string): Successor => ({ handle, payload, expiresInSeconds: 60 });
const rows = () => database.orm.select().from(artefacts);

/** Makes every use so far one of the past. */
async function letPass(seconds: number): Promise<void> {
  const consumedAt = sql`${artefacts.consumedAt} - make_interval(secs => ${seconds})`;
  await database.orm.update(artefacts).set({ consumedAt }).where(isNotNull(artefacts.consumedAt));
}

beforeAll(async () => {
  database = await openMemoryDatabase();
  store = new RefreshTokenStore(database.orm, new SecurityEventLog());
  grants = new ArtefactStore('Grant', database.orm, new SecurityEventLog());
});
beforeEach(async () => {
  await database.orm.delete(artefacts);
  await grants.upsert('grant-1', { jti: 'grant-1' }, 60);
  await store.upsert('first', { jti: 'first', ...payload }, 60);
});
afterAll(() => database.close());

describe('the rotation of a refresh token', () => {
  it('stores the successor under its hash, with what it stands for', async () => {
    expect(await store.rotate('first', successor('second'))).toBe('second');
    expect(await store.find('second')).toEqual({ jti: 'second', ...payload });
    expect(JSON.stringify(await rows())).not.toMatch(/first|second/);
  });

  it('answers every use of a few seconds with the same successor (BCP-09)', async () => {
    expect(await store.rotate('first', successor('second'))).toBe('second');
    await letPass(REUSE_GRACE_SECONDS - 1);
    expect(await store.find('first')).not.toHaveProperty('consumed');
    expect(await store.rotate('first', successor('third'))).toBe('second');
    expect(await store.find('third')).toBeUndefined();
  });

  it('has one successor alive after 20 uses at once', async () => {
    const handles = Array.from({ length: 20 }, (_none, index) => `successor-${index}`);
    const answers = await Promise.all(handles.map((handle) => store.rotate('first', successor(handle))));
    expect(new Set(answers).size).toBe(1);
    const alive = and(isNull(artefacts.consumedAt), isNotNull(artefacts.sealedHandle));
    expect(await database.orm.select().from(artefacts).where(alive)).toHaveLength(1);
  });

  it('says that a token is used up once the grace has passed', async () => {
    await store.rotate('first', successor('second'));
    await letPass(REUSE_GRACE_SECONDS);
    expect(await store.find('first')).toMatchObject({ consumed: expect.any(Number) });
  });

  it('keeps no handle that an older one opens', async () => {
    await store.rotate('first', successor('second'));
    await store.rotate('second', successor('third'));
    const sealed = (await rows()).filter(({ sealedHandle }) => sealedHandle !== null);
    expect(sealed).toHaveLength(1);
    expect(sealed[0]?.consumedAt).toBeNull();
  });

  it.each<[when: string, happened: () => Promise<unknown>]>([
    ['after the grace', () => letPass(REUSE_GRACE_SECONDS)],
    ['after its successor was used', () => store.rotate('second', successor('third'))],
    ['after its successor was revoked', () => store.destroy('second')],
  ])('ends the family when a token comes again %s (BCP-09)', async (_when, happened) => {
    await store.rotate('first', successor('second'));
    await happened();
    await expect(store.rotate('first', successor('other'))).rejects.toBeInstanceOf(errors.InvalidGrant);
    expect(await rows()).toEqual([]);
  });

  it('refuses an unknown token', async () => {
    await expect(store.rotate('unknown', successor('second'))).rejects.toBeInstanceOf(errors.InvalidGrant);
    expect(await store.find('second')).toBeUndefined();
  });
});
