import type { Orm } from '@countersign/platform/database';
import { sql } from 'drizzle-orm';
import { accounts } from '../accounts/accounts.table.js';
import { ArtefactStore, artefactLookup } from './artefact-store.js';
import { artefacts } from './artefacts.table.js';
import { SESSION_SECONDS } from './lifetimes.js';
import { CREDENTIALS_VERSION } from './session-credentials.js';

const ENDED = 'EndedSession';

/**
 * Not ended, and nobody is logged in, or the account still has the password that was given. Both are values that are
 * looked up for one session: of an EXISTS PostgreSQL can make a join that reads all accounts.
 */
const condition = sql`(
    SELECT ended.id FROM ${artefacts} AS ended
    WHERE ended.model = ${sql.raw(`'${ENDED}'`)} AND ended.id = ${artefacts.uid}) IS NULL
  AND (${artefacts.accountId} IS NULL OR ${artefacts.payload} -> ${sql.raw(`'${CREDENTIALS_VERSION}'`)} = (
    SELECT to_jsonb(${accounts.credentialsVersion}) FROM ${accounts}
    WHERE ${accounts.id} = ${artefacts.accountId}::uuid))`;

const sessionsById = artefactLookup('sessions_by_id', { by: 'id', condition });
const sessionsByUid = artefactLookup('sessions_by_uid', { by: 'uid', condition });

/**
 * The sessions that were not ended from elsewhere, nor opened with a password that is no longer the account's.
 * oidc-provider reads a session when a request begins and writes it when it ends: a request that is under way while the
 * session is deleted brings it back, and a thief who sends one after the other would be rid of every "sign out
 * everywhere". What has ended is therefore on record for as long as it could have lived.
 */
export class SessionStore extends ArtefactStore {
  protected override readonly byId = sessionsById;
  protected override readonly byUid = sessionsByUid;

  /**
   * Gives a session another handle, by one change of its row: a deletion at the same time waits for the row and takes
   * it under either. Nothing happens when it has no row (any more).
   */
  async rename(handle: string, newHandle: string): Promise<void> {
    await this.orm
      .update(artefacts)
      .set({ id: this.idOf(newHandle) })
      .where(this.is(handle));
  }
}

/** Puts on record that sessions have ended. */
export async function recordEnded(uids: readonly string[], tx: Pick<Orm, 'insert'>): Promise<void> {
  if (uids.length === 0) return;
  const expiresAt = new Date(Date.now() + SESSION_SECONDS * 1_000);
  const rows = uids.map((id) => ({ model: ENDED, id, payload: {}, expiresAt }));
  await tx.insert(artefacts).values(rows).onConflictDoNothing();
}
