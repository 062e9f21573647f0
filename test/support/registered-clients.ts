import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { Client } from 'pg';
import type { TestStack } from './test-stack.ts';

export interface TestClient {
  readonly metadata: Readonly<Record<string, unknown>> & { readonly client_id: string };
  readonly secret: string | null;
}

const INSERT = 'INSERT INTO clients (client_id, metadata, secret_hash) VALUES ($1, $2, $3)';

/** Starts the issuer with clients that are not the demo's. */
export async function startAuthWithClients(stack: TestStack, clients: readonly TestClient[]): Promise<void> {
  await stack.start(['auth']); // makes the tables
  await stack.stack.stopApp('auth'); // an embedded database is open to one process
  const rows = clients.map(({ metadata, secret }) => [
    metadata.client_id,
    JSON.stringify(metadata),
    secret === null ? null : createHash('sha256').update(secret).digest('base64url'),
  ]);
  const url = stack.databaseUrl('auth');
  await (url === undefined ? insertEmbedded(stack.dataDir, rows) : insertPostgres(url, rows));
  await stack.start(['auth']);
}

type Row = readonly (string | null)[];

async function insertPostgres(connectionString: string, rows: readonly Row[]): Promise<void> {
  const client = new Client({ connectionString });
  await client.connect();
  try {
    for (const row of rows) await client.query(INSERT, [...row]);
  } finally {
    await client.end();
  }
}

async function insertEmbedded(dataDir: string, rows: readonly Row[]): Promise<void> {
  const database = await PGlite.create(join(dataDir, 'auth', 'pglite'));
  try {
    for (const row of rows) await database.query(INSERT, [...row]);
  } finally {
    await database.close();
  }
}
