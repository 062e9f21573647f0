import { setTimeout as delay } from 'node:timers/promises';
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
  it('asks at once when nothing is under way', () => {
    const { batched, queries } = table();
    void batched.ask('a');
    expect(queries).toEqual([['a']]);
  });

  it('asks for all that came meanwhile in one query, each key once', async () => {
    const { batched, queries, answers } = table();
    const first = batched.ask('a');
    const later = [batched.ask('b'), batched.ask('a'), batched.ask('missing'), batched.ask('b')];
    answers[0]?.();
    expect(await first).toEqual({ id: 'a' });
    await delay(0);
    expect(queries).toEqual([['a'], ['b', 'a', 'missing']]);
    answers[1]?.();
    expect(await Promise.all(later)).toEqual([{ id: 'b' }, { id: 'a' }, undefined, { id: 'b' }]);
  });

  it('fails for those whose query failed, and goes on', async () => {
    const { batched, answers } = table();
    const [first, second] = [batched.ask('a'), batched.ask('b')];
    answers[0]?.(new Error('connection lost'));
    await expect(first).rejects.toThrow('connection lost');
    await delay(0);
    answers[1]?.();
    expect(await second).toEqual({ id: 'b' });
  });

  it('asks for each alone when a query of several fails, so that a key which cannot be read fails alone', async () => {
    const { batched, queries, answers } = table();
    const [first, bad, good] = [batched.ask('a'), batched.ask('bad'), batched.ask('good')];
    answers[0]?.();
    await first;
    await delay(0);
    answers[1]?.(new Error('invalid byte sequence'));
    await delay(0);
    expect(queries.slice(2)).toEqual([['bad'], ['good']]);
    answers[2]?.(new Error('invalid byte sequence'));
    answers[3]?.();
    await expect(bad).rejects.toThrow('invalid byte sequence');
    expect(await good).toEqual({ id: 'good' });
  });

  it('does not wait for a query that hangs', async () => {
    const { batched, queries, answers } = table();
    void batched.ask('a');
    const second = batched.ask('b');
    await delay(100);
    expect(queries).toHaveLength(2);
    answers[1]?.();
    expect(await second).toEqual({ id: 'b' });
  });
});
