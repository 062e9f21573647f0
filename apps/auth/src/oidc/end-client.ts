import type { Orm } from '@countersign/platform/database';
import { eq } from 'drizzle-orm';
import { artefacts } from './artefacts.table.js';

/**
 * Ends all that a client was given and that can be ended here: grants, codes, refresh tokens and opaque access tokens.
 *
 * @param orm the transaction in which the client is disabled, deleted or cut down
 */
export async function endArtefactsOfClient(clientId: string, orm: Pick<Orm, 'delete'>): Promise<void> {
  await orm.delete(artefacts).where(eq(artefacts.clientId, clientId));
}
