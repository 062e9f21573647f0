import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { Database } from '@countersign/platform/database';
import { sql } from 'drizzle-orm';
import { RecurringDeletion } from '../housekeeping/recurring-deletion.js';
import { loginThrottle } from '../login/login-throttle.table.js';
import { mailedLinks } from '../mail/mailed-links.table.js';
import { idTokenHintKeyRows } from '../signing-keys/id-token-hint-keys.table.js';
import { sessionDetails } from '../sessions/session-details.table.js';
import { artefacts } from './artefacts.table.js';

/** A replica whose clock is behind may still ask for a row. */
const CLOCK_TOLERANCE_SECONDS = 60;
/** When a row of each table has expired. */
const EXPIRIES = [
  artefacts.expiresAt,
  sessionDetails.expiresAt,
  loginThrottle.expire,
  mailedLinks.expiresAt,
  idTokenHintKeyRows.expiresAt,
] as const;
/** Few enough that nobody who waits for the database waits long. */
const BATCH_ROWS = 5_000;
/** Between two batches: requests come first. */
const PAUSE_MS = 20;

/**
 * Deletes what has expired. Nothing depends on it but the size of the tables: an expired row counts for nothing.
 * A round goes on until all is gone, since strangers write rows, one with each authorization request.
 */
@Injectable()
export class ExpiredArtefactsService extends RecurringDeletion {
  constructor(@Inject(Database) private readonly database: Pick<Database, 'orm'>) {
    super();
  }

  async deleteExpired(signal: AbortSignal): Promise<void> {
    for (const column of EXPIRIES) {
      while (!signal.aborted && (await this.deleteBatch(column)) === BATCH_ROWS) await delay(PAUSE_MS);
    }
  }

  /** @returns how many rows it deleted */
  private async deleteBatch(column: (typeof EXPIRIES)[number]): Promise<number> {
    const deleted = await this.database.orm
      .delete(column.table)
      .where(
        sql`ctid IN (
          SELECT ctid FROM ${column.table}
          WHERE ${column} < now() - make_interval(secs => ${CLOCK_TOLERANCE_SECONDS})
          LIMIT ${BATCH_ROWS}
          FOR UPDATE SKIP LOCKED
        )`,
      )
      .returning({ one: sql`1` });
    return deleted.length;
  }
}
