import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import type { AppName } from '../../tools/stack.ts';

/** A PostgreSQL server to make scratch databases on; without it the apps run on their embedded database. */
const POSTGRES_URL = process.env['TEST_POSTGRES_URL'];
const APPS_WITH_DATABASE: readonly AppName[] = ['auth', 'orders', 'payments'];

/** The name of each app's database; empty without a PostgreSQL server. */
export type Databases = ReadonlyMap<AppName, string>;

export async function createDatabases(): Promise<Databases> {
  const databases = new Map<AppName, string>();
  await withPostgres(async (client) => {
    for (const app of APPS_WITH_DATABASE) {
      const name = `countersign_${randomBytes(6).toString('hex')}_${app}`;
      await client.query(`CREATE DATABASE "${name}"`);
      databases.set(app, name);
    }
  });
  return databases;
}

export async function dropDatabases(databases: Databases): Promise<void> {
  await withPostgres(async (client) => {
    for (const database of databases.values()) await client.query(`DROP DATABASE "${database}" WITH (FORCE)`);
  });
}

/** @param address `host:port` where an app finds PostgreSQL, if not where TEST_POSTGRES_URL says */
export function databaseUrl(database: string, address?: string): string {
  const url = new URL(POSTGRES_URL ?? '');
  if (address !== undefined) url.host = address;
  url.pathname = `/${database}`;
  return url.href;
}

async function withPostgres(work: (client: Client) => Promise<void>): Promise<void> {
  if (POSTGRES_URL === undefined) return;
  const client = new Client({ connectionString: POSTGRES_URL });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
