import { fileURLToPath } from 'node:url';
import { PGlite } from '@electric-sql/pglite';
import { drizzle } from 'drizzle-orm/pglite';
import { migrate } from 'drizzle-orm/pglite/migrator';

/** A database with the app's schema, in memory. */
export async function openMemoryDatabase() {
  const client = await PGlite.create();
  const orm = drizzle(client);
  await migrate(orm, { migrationsFolder: fileURLToPath(new URL('../src/migrations', import.meta.url)) });
  return { orm, close: () => client.close() };
}
