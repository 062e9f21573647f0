import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate } from 'drizzle-orm/node-postgres/migrator';
import { Client, Pool } from 'pg';

/** A database of its own with the app's schema, on a PostgreSQL server. */
export async function openPostgresDatabase(serverUrl: string) {
  const name = `countersign_${randomBytes(6).toString('hex')}_unit`;
  await onServer(serverUrl, `CREATE DATABASE "${name}"`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  const pool = new Pool({ connectionString: url.href });
  const orm = drizzle(pool);
  await migrate(orm, { migrationsFolder: fileURLToPath(new URL('../src/migrations', import.meta.url)) });
  const close = async (): Promise<void> => {
    await pool.end();
    await onServer(serverUrl, `DROP DATABASE "${name}"`);
  };
  return { orm, close };
}

async function onServer(connectionString: string, statement: string): Promise<void> {
  const client = new Client({ connectionString });
  await client.connect();
  await client.query(statement);
  await client.end();
}
