import type { Orm } from '@countersign/platform/database';
import { and, eq } from 'drizzle-orm';
import type { SecurityEventLog } from '../security-events/security-event-log.js';
import { artefacts } from './artefacts.table.js';
import { recordEnded } from './session-store.js';

/**
 * Ends a login session, and with it the access tokens of its `sid`. It is put on record even when no row is there: a
 * request under way, which renews the session, has just deleted it and is about to write it again.
 *
 * @param sessionId its `uid`
 */
export async function revokeSession(
  sessionId: string,
  orm: Orm,
  events: Pick<SecurityEventLog, 'append'>,
): Promise<void> {
  await orm.transaction(async (transaction) => {
    const deleted = await transaction
      .delete(artefacts)
      .where(and(eq(artefacts.model, 'Session'), eq(artefacts.uid, sessionId)))
      .returning({ payload: artefacts.payload });
    await recordEnded([sessionId], transaction);
    const subject = deleted.find(({ payload }) => payload.accountId !== undefined)?.payload.accountId;
    if (subject !== undefined)
      await events.append({ type: 'session-revoked', subject, sessionId }, transaction);
  });
}
