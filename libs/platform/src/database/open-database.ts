import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { sql } from 'drizzle-orm';
import { drizzle as drizzlePostgres } from 'drizzle-orm/node-postgres';
import { migrate as migratePostgres } from 'drizzle-orm/node-postgres/migrator';
import type { MigrationConfig } from 'drizzle-orm/migrator';
import { drizzle as drizzlePglite } from 'drizzle-orm/pglite';
import { migrate as migratePglite } from 'drizzle-orm/pglite/migrator';
import { Client, Pool } from 'pg';
import { ConfigurationError } from '../config/configuration-error.js';
import { withoutQuery } from './database-fault.js';
import { openEmbeddedDatabase } from './embedded-database.js';
import { EmbeddedNotifications } from './embedded-notifications.js';
import { lockFolder } from './folder-lock.js';
import type { Notifications } from './notifications.js';
import type { Orm } from './orm.js';
import { PostgresNotifications } from './postgres-notifications.js';
import { withSessionOptions } from './session-options.js';

/** One number for every process that migrates: `pg_advisory_lock` lets one of them in at a time. */
const MIGRATION_LOCK = 0x636f756e;
/** Opening a connection costs both sides more than keeping it from one burst of logins to the next. */
const IDLE_TIMEOUT_MS = 5 * 60_000;
const CONNECT_TIMEOUT_MS = 1_000;
/** At start nobody waits for an answer, and a machine that starts everything at a time is slow. */
const FIRST_CONNECT_TIMEOUT_MS = 10_000;
const STATEMENT_TIMEOUT_MS = 5_000;

export interface DatabaseOptions {
  /** `postgres://…`; without it the database is an embedded PGlite in `directory`. */
  readonly url: string | undefined;
  /** The app: names its folder, and its table of migrations, so that apps can share a PostgreSQL database. */
  readonly app: string;
  /** Folder of all apps' data. */
  readonly dataDir: string;
  /** Folder of the SQL migrations that drizzle-kit wrote. */
  readonly migrationsDirectory: string;
  /**
   * `force_generic_plan` has PostgreSQL plan a prepared statement once for each connection. It would otherwise plan
   * those that take an array anew each time, for its length, which costs it ten times what it then takes to find rows
   * by their keys. But every other statement is then planned without its values too: what compares with a constant has
   * to have it in its text (`sql.raw`), or PostgreSQL takes a third of the table for a match. `auto` leaves it alone.
   */
  readonly planCacheMode: 'auto' | 'force_generic_plan';
}

export interface OpenDatabase {
  readonly orm: Orm;
  readonly notifications: Notifications;
  /** @throws when the database does not answer. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens an app's database and brings its schema up to date.
 *
 * @throws ConfigurationError when it cannot be reached, or its folder cannot be used.
 */
export async function openDatabase(options: DatabaseOptions): Promise<OpenDatabase> {
  return options.url === undefined ? openPglite(options) : openPostgres(options, options.url);
}

async function openPostgres(options: DatabaseOptions, connectionString: string): Promise<OpenDatabase> {
  const pool = new Pool({
    ...withSessionOptions(connectionString, planOptions(options)),
    max: 10,
    idleTimeoutMillis: IDLE_TIMEOUT_MS,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
  });
  // An idle connection that breaks (a restart of the server) is replaced at the next query; without a listener it
  // would end the process.
  pool.on('error', (error) => new Logger('Database').warn(`idle connection lost: ${error.message}`));

  const client = new Client({ connectionString, connectionTimeoutMillis: FIRST_CONNECT_TIMEOUT_MS });
  try {
    await client.connect();
  } catch (error) {
    await pool.end();
    throw new ConfigurationError([`DATABASE_URL: cannot connect (${(error as Error).message})`]);
  }
  try {
    await client.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await migratePostgres(drizzlePostgres(client), migrationConfig(options));
  } finally {
    await client.end(); // gives the lock back
  }
  const notifications = new PostgresNotifications(connectionString);
  return withPing(drizzlePostgres(pool), notifications, async () => {
    await notifications.close();
    await pool.end();
  });
}

async function openPglite(options: DatabaseOptions): Promise<OpenDatabase> {
  const directory = join(options.dataDir, options.app);
  const unlock = lockFolder(directory);
  try {
    const client = await openEmbeddedDatabase(join(directory, 'pglite'));
    const orm = drizzlePglite(client);
    await migratePglite(orm, migrationConfig(options));
    return withPing(orm, new EmbeddedNotifications(client), async () => {
      await client.close();
      unlock();
    });
  } catch (error) {
    unlock();
    throw error;
  }
}

function planOptions({ planCacheMode }: DatabaseOptions): readonly string[] {
  return planCacheMode === 'auto' ? [] : [`-c plan_cache_mode=${planCacheMode}`];
}

function migrationConfig({ app, migrationsDirectory }: DatabaseOptions): MigrationConfig {
  return { migrationsFolder: migrationsDirectory, migrationsTable: `${app}_migrations` };
}

function withPing(orm: Orm, notifications: Notifications, close: () => Promise<void>): OpenDatabase {
  return {
    orm,
    notifications,
    close,
    ping: async () => {
      try {
        await orm.execute(sql`SELECT 1`);
      } catch (error) {
        throw withoutQuery(error);
      }
    },
  };
}
