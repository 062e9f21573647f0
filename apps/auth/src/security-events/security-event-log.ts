import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Orm } from '@countersign/platform/database';
import { sql } from 'drizzle-orm';
import type { SecurityEvent } from './security-event.js';
import { securityEvents } from './security-events.table.js';

/** On which replicas tell each other that the log has grown. */
export const EVENT_CHANNEL = 'security_events';

/** Where every part of the issuer says what ends tokens. */
@Injectable()
export class SecurityEventLog {
  /**
   * Notes what happened, within the transaction that makes it so: either both are there after a crash, or neither.
   * Whoever waits for events is woken when the transaction is committed.
   *
   * @param orm the transaction
   */
  async append(event: SecurityEvent, orm: Pick<Orm, 'insert'>): Promise<void> {
    await orm
      .insert(securityEvents)
      .values({ jti: randomUUID(), event })
      .returning({ notified: sql`pg_notify(${EVENT_CHANNEL}, '')` });
  }
}
