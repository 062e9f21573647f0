import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { BatchedQuery } from './batched-query.js';

interface Row {
  readonly id: string;
}

/** A table that has every row but `missing`, and answers when it is told to. */
function table() {
  const queries: (readonly string[])[] = [];
  const answers: ((error?: Error) => void)[] = [];
  const batched = new BatchedQuery<string, Row>(
    (keys) =>
      new Promise((resolve, reject) => {
        queries.push(keys);
        const rows = keys.filter((key) => key !== 'missing').map((id) => ({ id }));
        answers.push((error) => (error === undefined ? resolve(rows) : reject(error)));
      }),
    { ofRequest: (key) => key, ofRow: ({ id }) => id },
  );
  return { batched, queries, answers };
}

describe('a batched query', () => {
  it('asks within the turn of the event loop when nothing is under way, for all that came in it', async () => {
    const { batched, queries } = table();
    void batched.ask('a');
    void Promise.resolve().then(() => batched.ask('b'));
    await turn();
    expect(queries).toEqual([['a', 'b']]);
  });

  it('asks for all that came meanwhile in one query, each key once', async () => {
    const { batched, queries, answers } = table();
    const first = batched.ask('a');
    await turn();
    const later = [batched.ask('b'), batched.ask('a'), batched.ask('missing'), batched.ask('b')];
    answers[0]?.();
    expect(await first).toEqual({ id: 'a' });
    await turn();
    expect(queries).toEqual([['a'], ['b', 'a', 'missing']]);
    answers[1]?.();
    expect(await Promise.all(later)).toEqual([{ id: 'b' }, { id: 'a' }, undefined, { id: 'b' }]);
  });

  it('fails for those whose query failed, and goes on', async () => {
    const { batched, answers } = table();
    const first = batched.ask('a');
    await turn();
    const second = batched.ask('b');
    answers[0]?.(new Error('connection lost'));
    await expect(first).rejects.toThrow('connection lost');
    await turn();
    answers[1]?.();
    expect(await second).toEqual({ id: 'b' });
  });

  it('asks for each alone when a query of several fails, so that a key which cannot be read fails alone', async () => {
    const { batched, queries, answers } = table();
    const [bad, good] = [batched.ask('bad'), batched.ask('good')];
    await turn();
    answers[0]?.(new Error('invalid byte sequence'));
    await turn();
    expect(queries.slice(1)).toEqual([['bad'], ['good']]);
    answers[1]?.(new Error('invalid byte sequence'));
    answers[2]?.();
    await expect(bad).rejects.toThrow('invalid byte sequence');
    expect(await good).toEqual({ id: 'good' });
  });

  it('does not wait for a query that hangs', async () => {
    const { batched, queries, answers } = table();
    void batched.ask('a');
    await turn();
    const second = batched.ask('b');
    await delay(100);
    expect(queries).toHaveLength(2);
    answers[1]?.();
    expect(await second).toEqual({ id: 'b' });
  });
});
