import type { Orm } from '@countersign/platform/database';
import { and, eq } from 'drizzle-orm';
import type { SecurityEventLog } from '../security-events/security-event-log.js';
import { artefacts } from './artefacts.table.js';
import { recordEnded } from './session-store.js';

/** A login session, as whoever ends it knows it. */
export interface EndedSession {
  readonly uid: string;
  /** Who is logged in; undefined when nobody is. */
  readonly accountId?: string | undefined;
}

/**
 * Ends a login session, and with it the access tokens of its `sid`. It is put on record, and told, even when no row is
 * there: whether it is does not say whether there are tokens.
 */
export async function revokeSession(
  { uid: sessionId, accountId }: EndedSession,
  orm: Orm,
  events: Pick<SecurityEventLog, 'append'>,
): Promise<void> {
  await orm.transaction(async (transaction) => {
    const deleted = await transaction
      .delete(artefacts)
      .where(and(eq(artefacts.model, 'Session'), eq(artefacts.uid, sessionId)))
      .returning({ accountId: artefacts.accountId });
    await recordEnded([sessionId], transaction);
    const subject = accountId ?? deleted.find((session) => session.accountId !== null)?.accountId;
    if (typeof subject === 'string')
      await events.append({ type: 'session-revoked', subject, sessionId }, transaction);
  });
}
