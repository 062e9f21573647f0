import { Inject, Injectable } from '@nestjs/common';
import { Database } from '@countersign/platform/database';
import { and, asc, eq, inArray, not, notExists, sql } from 'drizzle-orm';
import { canMatter, STREAM_IDLE } from './event-retention.js';
import type { LoggedEvent } from './security-event.js';
import { eventAcknowledgements, eventStreams, securityEvents } from './security-events.table.js';

/** One reader of the log. The name is the reader's own; only together with its client it says whose stream it is. */
export interface EventStream {
  readonly clientId: string;
  readonly streamId: string;
}

@Injectable()
export class EventStreamsRepository {
  constructor(@Inject(Database) private readonly database: Pick<Database, 'orm'>) {}

  /** Notes that the stream is in use; its first poll makes it. */
  async touch({ clientId, streamId }: EventStream): Promise<void> {
    await this.database.orm
      .insert(eventStreams)
      .values({ clientId, streamId })
      .onConflictDoUpdate({
        target: [eventStreams.clientId, eventStreams.streamId],
        set: { polledAt: sql`now()` },
      });
  }

  /** Notes what the stream need not hear again. A `jti` that is no event of the log changes nothing. */
  async acknowledge({ clientId, streamId }: EventStream, jtis: readonly string[]): Promise<void> {
    if (jtis.length === 0) return;
    const { orm } = this.database;
    const known = orm
      .select({
        clientId: sql<string>`${clientId}::text`.as('client_id'),
        streamId: sql<string>`${streamId}::text`.as('stream_id'),
        jti: securityEvents.jti,
      })
      .from(securityEvents)
      .where(inArray(securityEvents.jti, [...jtis]));
    await orm.insert(eventAcknowledgements).select(known).onConflictDoNothing();
  }

  /** What the stream has not acknowledged and can matter to it, the oldest first. */
  async outstanding({ clientId, streamId }: EventStream, limit: number): Promise<readonly LoggedEvent[]> {
    const { orm } = this.database;
    const acknowledged = orm
      .select({ one: sql`1` })
      .from(eventAcknowledgements)
      .where(
        and(
          eq(eventAcknowledgements.clientId, clientId),
          eq(eventAcknowledgements.streamId, streamId),
          eq(eventAcknowledgements.jti, securityEvents.jti),
        ),
      );
    return orm
      .select({
        jti: securityEvents.jti,
        event: securityEvents.event,
        createdAt: securityEvents.createdAt,
      })
      .from(securityEvents)
      .where(and(canMatter(), notExists(acknowledged)))
      .orderBy(asc(securityEvents.sequence))
      .limit(limit);
  }

  /** Deletes events that cannot matter any more, and streams that nobody polls. */
  async deleteExpired(): Promise<void> {
    const { orm } = this.database;
    await orm.delete(eventStreams).where(sql`${eventStreams.polledAt} < now() - ${STREAM_IDLE}`);
    await orm.delete(securityEvents).where(not(canMatter()));
  }
}
