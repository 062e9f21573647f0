import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type BeforeApplicationShutdown,
} from '@nestjs/common';
import { Database, withoutQuery } from '@countersign/platform/database';
import { sql } from 'drizzle-orm';
import { loginThrottle } from '../login/login-throttle.table.js';
import { mailedLinks } from '../mail/mailed-links.table.js';
import { sessionDetails } from '../sessions/session-details.table.js';
import { artefacts } from './artefacts.table.js';

const INTERVAL_MS = 60_000;
/** A replica whose clock is behind may still ask for a row. */
const CLOCK_TOLERANCE_SECONDS = 60;
/** When a row of each table has expired. */
const EXPIRIES = [
  artefacts.expiresAt,
  sessionDetails.expiresAt,
  loginThrottle.expire,
  mailedLinks.expiresAt,
] as const;
/** Few enough to be quick: a table that has grown is emptied over several rounds. */
const MAX_ROWS_A_ROUND = 5_000;

/** Deletes what has expired. Nothing depends on it but the size of the tables: an expired row counts for nothing. */
@Injectable()
export class ExpiredArtefactsService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(ExpiredArtefactsService.name);
  private timer: NodeJS.Timeout | undefined;
  private round: Promise<void> = Promise.resolve();

  constructor(@Inject(Database) private readonly database: Pick<Database, 'orm'>) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => {
      this.round = this.deleteExpired().catch((error: unknown) =>
        this.logger.warn(`not deleted: ${String(withoutQuery(error))}`),
      );
    }, INTERVAL_MS).unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.round;
  }

  async deleteExpired(): Promise<void> {
    for (const column of EXPIRIES) {
      await this.database.orm.execute(sql`
        DELETE FROM ${column.table} WHERE ctid IN (
          SELECT ctid FROM ${column.table}
          WHERE ${column} < now() - make_interval(secs => ${CLOCK_TOLERANCE_SECONDS})
          LIMIT ${MAX_ROWS_A_ROUND}
          FOR UPDATE SKIP LOCKED
        )`);
    }
  }
}
