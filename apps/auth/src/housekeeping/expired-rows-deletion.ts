import { setTimeout as delay } from 'node:timers/promises';
import type { Database } from '@countersign/platform/database';
import { sql } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';
import { RecurringDeletion } from './recurring-deletion.js';

/** Few enough that nobody who waits for the database waits long. */
const BATCH_ROWS = 5_000;
/** No parameter: planned without it, the deletion of nothing would read the table from end to end. */
const LIMIT = sql.raw(String(BATCH_ROWS));
/** A replica whose clock is behind may still ask for a row. No parameter either. */
const CLOCK_TOLERANCE = sql`interval '60 seconds'`;
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
          WHERE ${this.expiry} < now() - ${CLOCK_TOLERANCE}
          LIMIT ${LIMIT}
          FOR UPDATE SKIP LOCKED
        )`,
      )
      .returning({ one: sql`1` });
    return deleted.length;
  }
}
