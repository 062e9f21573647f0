import { PGlite } from '@electric-sql/pglite';
import { HttpException, Logger, type ExecutionContext } from '@nestjs/common';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { sql, type SQL } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/pglite';
import { firstValueFrom, from } from 'rxjs';
import { inspect } from 'node:util';
import { DatabaseFaultInterceptor } from './database-fault.interceptor.js';

const SECRET = 'someone@example.com';
const interceptor = new DatabaseFaultInterceptor();
const context = {} as ExecutionContext;

/** What a handler's error is once it has passed the interceptor. */
async function passedOn(handler: () => PromiseLike<unknown>): Promise<unknown> {
  const answer = interceptor.intercept(context, { handle: () => from(Promise.resolve().then(handler)) });
  return firstValueFrom(answer).catch((error: unknown) => error);
}

describe('the interceptor of database faults', () => {
  const logged = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
  afterEach(() => {
    logged.mockClear();
  });

  it.each<[how: string, ask: (orm: ReturnType<typeof drizzle>) => PromiseLike<unknown>]>([
    ['a query', (orm) => orm.execute(sql`SELECT ${SECRET}`)],
    ['a transaction', (orm) => orm.transaction((transaction) => transaction.execute(sql`SELECT ${SECRET}`))],
  ])('answers 503 for %s while the database is closed, and logs no parameter', async (_how, ask) => {
    const client = await PGlite.create();
    await client.close();
    const error = await passedOn(() => ask(drizzle(client)));
    expect(error).toBeInstanceOf(HttpException);
    expect((error as HttpException).getStatus()).toBe(503);
    expect(inspect(error, { depth: null })).not.toContain(SECRET);
    expect(logged).toHaveBeenCalledWith(expect.stringContaining('PGlite is closed'));
    expect(inspect(logged.mock.calls)).not.toContain(SECRET);
  });

  it.each<[fault: string, query: SQL, message: string]>([
    ['a value of the wrong type', sql`SELECT ${SECRET}::uuid`, 'a query failed: data exception (22P02)'],
    ['a wrong query', sql`SELECT ${SECRET} FROM nothing`, 'relation "nothing" does not exist (42P01)'],
    [
      'a value that is there',
      sql`INSERT INTO handles VALUES (${SECRET})`,
      'a query failed: duplicate key value violates unique constraint "handles_pkey" (23505)',
    ],
  ])(
    'passes on %s without its parameters, to be answered as a fault of ours',
    async (_fault, query, message) => {
      const client = await PGlite.create();
      const orm = drizzle(client);
      await orm.execute(sql`CREATE TABLE handles (handle text PRIMARY KEY)`);
      await orm.execute(sql`INSERT INTO handles VALUES (${SECRET})`);
      const error = await passedOn(async () => {
        await orm.execute(query);
      });
      await client.close();
      expect(error).not.toBeInstanceOf(HttpException);
      expect((error as Error).message).toContain(message);
      expect(inspect(error, { depth: null, showHidden: true })).not.toContain(SECRET);
      expect((error as Error).stack).toContain('database-fault.interceptor.spec');
    },
  );

  it('lets every other error through as it is', async () => {
    const refusal = new Error('refused on purpose', { cause: { code: 'ECONNREFUSED' } });
    expect(await passedOn(() => Promise.reject(refusal))).toBe(refusal);
    expect(logged).not.toHaveBeenCalled();
  });
});
