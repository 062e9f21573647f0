import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Orm } from '@countersign/platform/database';
import type { SecurityEvent } from './security-event.js';
import { securityEvents } from './security-events.table.js';

/** Where every part of the issuer says what ends tokens. */
@Injectable()
export class SecurityEventLog {
  /**
   * Notes what happened, within the transaction that makes it so: either both are there after a crash, or neither.
   *
   * @param orm the transaction
   */
  async append(event: SecurityEvent, orm: Pick<Orm, 'insert'>): Promise<void> {
    await orm.insert(securityEvents).values({ jti: randomUUID(), event });
  }
}
