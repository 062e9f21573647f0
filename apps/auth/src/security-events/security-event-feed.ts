import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { Database, withoutQuery } from '@countersign/platform/database';
import { asc, sql } from 'drizzle-orm';
import type { LoggedEvent } from './security-event.js';
import { securityEvents } from './security-events.table.js';

const INTERVAL_MS = 200;

type Listener = (events: readonly LoggedEvent[]) => void;

/**
 * The end of the log, read once for all who wait for it in this process: a thousand waiting polls cost the database no
 * more than one.
 *
 * Concurrent transactions become visible in another order than that of `sequence`, and a reader that goes by the
 * highest it saw passes over the one that comes late. This one remembers the oldest transaction that was open when it
 * read (`pg_snapshot_xmin`) and reads again from there; what it saw the last time it leaves out.
 */
@Injectable()
export class SecurityEventFeed implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(SecurityEventFeed.name);
  private readonly listeners = new Set<Listener>();
  private openSince = '0';
  private seen: ReadonlySet<string> = new Set();
  private reading: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(@Inject(Database) private readonly database: Pick<Database, 'orm'>) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => this.wake(), INTERVAL_MS).unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.reading;
  }

  /** Calls back with what is new. @returns ends it */
  listen(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  /** Looks for new events, unless a look is under way. */
  wake(): void {
    this.reading ??= this.read()
      .catch((error: unknown) => this.logger.warn(`the log cannot be read: ${String(withoutQuery(error))}`))
      .finally(() => {
        this.reading = undefined;
      });
  }

  /** Reads what is new and tells the listeners. */
  async read(): Promise<void> {
    const rows = await this.database.orm
      .select({
        jti: securityEvents.jti,
        event: securityEvents.event,
        createdAt: securityEvents.createdAt,
        openSince: sql<string>`pg_snapshot_xmin(pg_current_snapshot())::text`,
      })
      .from(securityEvents)
      .where(sql`${securityEvents.transactionId} >= ${this.openSince}::text::xid8`)
      .orderBy(asc(securityEvents.sequence));
    const [first] = rows;
    if (first === undefined) return;

    const fresh = rows.filter(({ jti }) => !this.seen.has(jti));
    this.openSince = first.openSince;
    this.seen = new Set(rows.map(({ jti }) => jti));
    if (fresh.length > 0) for (const listener of this.listeners) listener(fresh);
  }
}
