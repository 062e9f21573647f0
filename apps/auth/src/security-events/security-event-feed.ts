import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { Database, withoutQuery } from '@countersign/platform/database';
import { asc, sql } from 'drizzle-orm';
import { EVENT_CHANNEL } from './security-event-log.js';
import type { LoggedEvent } from './security-event.js';
import { securityEvents } from './security-events.table.js';

/** Notifications tell at once what is new; this is for one that got lost. */
const INTERVAL_MS = 2_000;

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

  private unlisten: () => void = () => undefined;
  private isStale = false;

  constructor(@Inject(Database) private readonly database: Pick<Database, 'orm' | 'notifications'>) {}

  onApplicationBootstrap(): void {
    this.unlisten = this.database.notifications.listen(EVENT_CHANNEL, () => this.wake());
    this.timer = setInterval(() => this.wake(), INTERVAL_MS).unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    this.unlisten();
    await this.reading;
  }

  /** Calls back with what is new. @returns ends it */
  listen(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  /** Looks for new events; while a look is under way, once more after it. */
  wake(): void {
    this.isStale = true;
    this.reading ??= this.readUntilFresh()
      .catch((error: unknown) => this.logger.warn(`the log cannot be read: ${String(withoutQuery(error))}`))
      .finally(() => {
        this.reading = undefined;
      });
  }

  private async readUntilFresh(): Promise<void> {
    while (this.isStale) {
      this.isStale = false;
      await this.read();
    }
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
