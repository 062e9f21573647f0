import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { Client } from 'pg';
import type { AppName } from '../../tools/stack.ts';
import type { TestStack } from './test-stack.ts';

type Row = Readonly<Record<string, unknown>>;
type Query = (text: string, values?: unknown[]) => Promise<{ readonly rows: readonly Row[] }>;

/** Works on the database of an app that does not run: an embedded one has one process at a time. */
export async function withDatabase<Result>(
  stack: TestStack,
  app: AppName,
  work: (query: Query) => Promise<Result>,
): Promise<Result> {
  const url = stack.databaseUrl(app);
  if (url === undefined) {
    const embedded = await PGlite.create(join(stack.dataDir, app, 'pglite'));
    try {
      return await work((text, values) => embedded.query<Row>(text, values));
    } finally {
      await embedded.close();
    }
  }
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return await work((text, values) => client.query<Row>(text, values));
  } finally {
    await client.end();
  }
}

/** Every row of every table of an app, as text. */
export function dump(stack: TestStack, app: AppName): Promise<string> {
  return withDatabase(stack, app, async (query) => {
    const { rows: tables } = await query(
      "SELECT quote_ident(tablename) AS name FROM pg_tables WHERE schemaname = 'public'",
    );
    const texts: string[] = [];
    for (const { name } of tables) {
      const { rows } = await query(`SELECT t::text AS row FROM ${String(name)} t`);
      texts.push(`${String(name)}:`, ...rows.map(({ row }) => String(row)));
    }
    return texts.join('\n');
  });
}
