import { randomUUID } from 'node:crypto';
import { Client } from 'pg';

/** Writes to the issuer's log of security events, as whatever ends tokens does within its transaction. */
export async function appendEvent(databaseUrl: string, event: object): Promise<void> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query('INSERT INTO security_events (jti, event) VALUES ($1, $2)', [randomUUID(), event]);
    await client.query(`SELECT pg_notify('security_events', '')`);
  } finally {
    await client.end();
  }
}
