import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { sql } from 'drizzle-orm';
import { openMemoryDatabase } from '../../test-support/memory-database.js';
import { EventStreamsRepository, type EventStream } from './event-streams.repository.js';
import type { SecurityEvent } from './security-event.js';
import { eventAcknowledgements, eventStreams, securityEvents } from './security-events.table.js';

let database: Awaited<ReturnType<typeof openMemoryDatabase>>;
let streams: EventStreamsRepository;

const stream: EventStream = { clientId: 'gateway', streamId: 'one' };
const TOKENS: SecurityEvent = { type: 'grant-revoked', grantId: 'g' };
const KEY: SecurityEvent = { type: 'signing-key-revoked', kid: 'k' };

async function add(jti: string, event = TOKENS, ageSeconds = 0): Promise<void> {
  const createdAt = sql`now() - make_interval(secs => ${ageSeconds}::int)`;
  await database.orm.insert(securityEvents).values({ jti, event, createdAt });
}

async function outstanding(of: EventStream, limit = 10): Promise<readonly string[]> {
  return (await streams.outstanding(of, limit)).map(({ jti }) => jti);
}

beforeAll(async () => {
  database = await openMemoryDatabase();
  streams = new EventStreamsRepository(database);
});
beforeEach(async () => {
  await database.orm.delete(securityEvents);
  await database.orm.delete(eventStreams);
  await streams.touch(stream);
});
afterAll(() => database.close());

describe('an event stream', () => {
  it('has every event until it is acknowledged, the oldest first', async () => {
    for (const jti of ['a', 'b', 'c']) await add(jti);
    expect(await outstanding(stream)).toEqual(['a', 'b', 'c']);
    await streams.acknowledge(stream, ['b', 'no event of ours']);
    expect(await outstanding(stream)).toEqual(['a', 'c']);
    expect(await outstanding(stream, 1)).toEqual(['a']);
  });

  it('takes an acknowledgement twice', async () => {
    await add('a');
    await streams.acknowledge(stream, ['a']);
    await streams.acknowledge(stream, ['a']);
    expect(await outstanding(stream)).toEqual([]);
  });

  it.each<[whose: string, other: EventStream]>([
    ['of another replica', { clientId: 'gateway', streamId: 'two' }],
    ['of another client, with the same name', { clientId: 'other', streamId: 'one' }],
  ])('is not touched by an acknowledgement %s', async (_whose, other) => {
    await add('a');
    await streams.touch(other);
    await streams.acknowledge(other, ['a']);
    expect(await outstanding(other)).toEqual([]);
    expect(await outstanding(stream)).toEqual(['a']);
  });
});

describe('what can matter to a new stream', () => {
  it.each<[what: string, event: SecurityEvent, ageSeconds: number, matters: boolean]>([
    ['tokens that ended 359 s ago', TOKENS, 359, true],
    ['tokens that ended 361 s ago, all of which have expired', TOKENS, 361, false],
    ['a key that was revoked 7,190 s ago', KEY, 7_190, true],
    ['a key that was revoked 7,210 s ago', KEY, 7_210, false],
  ])('%s', async (_what, event, ageSeconds, matters) => {
    await add('old', event, ageSeconds);
    expect(await outstanding(stream)).toEqual(matters ? ['old'] : []);
    await streams.deleteExpired();
    expect(await database.orm.select().from(securityEvents)).toHaveLength(matters ? 1 : 0);
  });
});

describe('the deletion of what has expired', () => {
  it('forgets a stream that was not polled for an hour, with what it acknowledged', async () => {
    await add('a');
    await streams.acknowledge(stream, ['a']);
    await database.orm.update(eventStreams).set({ polledAt: sql`now() - interval '61 minutes'` });
    await streams.deleteExpired();
    expect(await database.orm.select().from(eventStreams)).toEqual([]);
    expect(await database.orm.select().from(eventAcknowledgements)).toEqual([]);
    await streams.touch(stream);
    expect(await outstanding(stream)).toEqual(['a']);
  });
});
