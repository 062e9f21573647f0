import type { Orm } from '@countersign/platform/database';
import { and, eq, or } from 'drizzle-orm';
import type { SecurityEventLog } from '../security-events/security-event-log.js';
import { artefacts } from './artefacts.table.js';

/**
 * Ends a grant and everything that came of it, access tokens at the verifiers included. A token that is issued while
 * this runs refers to a grant that is gone: it is good for nothing here, and the verifiers refuse it.
 */
export async function revokeGrant(
  grantId: string,
  orm: Orm,
  events: Pick<SecurityEventLog, 'append'>,
): Promise<void> {
  await orm.transaction(async (transaction) => {
    const isGrant = and(eq(artefacts.model, 'Grant'), eq(artefacts.id, grantId));
    const deleted = await transaction
      .delete(artefacts)
      .where(or(isGrant, eq(artefacts.grantId, grantId)))
      .returning({ id: artefacts.id });
    if (deleted.length > 0) await events.append({ type: 'grant-revoked', grantId }, transaction);
  });
}
