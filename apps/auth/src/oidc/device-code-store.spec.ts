import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { openMemoryDatabase } from '../../test-support/memory-database.js';
import { SecurityEventLog } from '../security-events/security-event-log.js';
import { artefacts } from './artefacts.table.js';
import { DeviceCodeStore } from './device-code-store.js';

const WAITING = { jti: 'the-handle', userCode: 'BCDFGHJK' };

let database: Awaited<ReturnType<typeof openMemoryDatabase>>;
let codes: DeviceCodeStore;

beforeAll(async () => {
  database = await openMemoryDatabase();
  codes = new DeviceCodeStore('DeviceCode', database.orm, new SecurityEventLog());
});
beforeEach(async () => {
  await database.orm.delete(artefacts);
  await codes.upsert('the-handle', WAITING, 600);
});
afterAll(() => database.close());

describe('a device code', () => {
  it('that a person finds by its user code tells nothing of its handle', async () => {
    const found = await codes.findByUserCode('BCDFGHJK');
    expect(found).toMatchObject({ userCode: 'BCDFGHJK' });
    expect(JSON.stringify(found)).not.toContain('the-handle');
    expect(await codes.findByUserCode('KJHGFDCB')).toBeUndefined();
  });

  it('is the same when the person has answered, and the device asks again', async () => {
    const { jti = '', ...found } = (await codes.findByUserCode('BCDFGHJK')) ?? {};
    await codes.upsert(jti, { ...found, jti, accountId: 'somebody' }, 600);
    expect(await database.orm.select().from(artefacts)).toHaveLength(1);
    expect(await codes.find('the-handle')).toEqual({ ...WAITING, accountId: 'somebody' });
  });

  it('is not found by a client that presents what the rows show', async () => {
    const [row] = await database.orm.select().from(artefacts);
    const { jti = '' } = (await codes.findByUserCode('BCDFGHJK')) ?? {};
    for (const shown of [jti, row?.id ?? '']) expect(await codes.find(shown)).toBeUndefined();
  });
});
