import { setTimeout as delay } from 'node:timers/promises';
import type { Database } from '@countersign/platform/database';
import { sql } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';
import { RecurringDeletion } from './recurring-deletion.js';

/** A replica whose clock is behind may still ask for a row. */
const CLOCK_TOLERANCE_SECONDS = 60;
/** Few enough that nobody who waits for the database waits long. */
const BATCH_ROWS = 5_000;
/** In the text of the statement: for a parameter PostgreSQL would plan as if a third of the table had expired, and read it all. */
const TOLERANCE = sql.raw(`interval '${CLOCK_TOLERANCE_SECONDS} seconds'`);
const BATCH = sql.raw(String(BATCH_ROWS));
/** Between two batches: requests come first. */
const PAUSE_MS = 20;

/**
 * Deletes the rows of one table that have expired. Nothing depends on it but the size of the table: an expired row
 * counts for nothing. A round goes on until all is gone, since strangers write rows, one with each authorization request.
 */
export abstract class ExpiredRowsDeletion extends RecurringDeletion {
  /** @param expiry says when a row of its table expires; null: never */
  constructor(
    private readonly database: Pick<Database, 'orm'>,
    private readonly expiry: PgColumn,
  ) {
    super();
  }

  async deleteExpired(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && (await this.deleteBatch()) === BATCH_ROWS) await delay(PAUSE_MS);
  }

  /** @returns how many rows it deleted */
  private async deleteBatch(): Promise<number> {
    const { table } = this.expiry;
    const deleted = await this.database.orm
      .delete(table)
      .where(
        sql`ctid IN (
          SELECT ctid FROM ${table}
          WHERE ${this.expiry} < now() - ${TOLERANCE}
          LIMIT ${BATCH}
          FOR UPDATE SKIP LOCKED
        )`,
      )
      .returning({ one: sql`1` });
    return deleted.length;
  }
}
