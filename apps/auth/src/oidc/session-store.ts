import type { Orm } from '@countersign/platform/database';
import { and, eq } from 'drizzle-orm';
import type { AdapterPayload } from 'oidc-provider';
import { accounts } from '../accounts/accounts.table.js';
import { ArtefactStore, findArtefact } from './artefact-store.js';
import { artefacts } from './artefacts.table.js';
import { SESSION_SECONDS } from './lifetimes.js';
import { CREDENTIALS_VERSION } from './session-credentials.js';

const ENDED = 'EndedSession';

/**
 * The sessions that were not ended from elsewhere, nor opened with a password that is no longer the account's.
 * oidc-provider reads a session when a request begins and writes it when it ends: a request that is under way while the
 * session is deleted brings it back, and a thief who sends one after the other would be rid of every "sign out
 * everywhere". What has ended is therefore on record for as long as it could have lived.
 */
export class SessionStore extends ArtefactStore {
  override async find(id: string): Promise<AdapterPayload | undefined> {
    return this.unlessEnded(await super.find(id));
  }

  override async findByUid(uid: string): Promise<AdapterPayload | undefined> {
    return this.unlessEnded(await super.findByUid(uid));
  }

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

  private async unlessEnded(session: AdapterPayload | undefined): Promise<AdapterPayload | undefined> {
    if (session?.uid === undefined) return session;
    const [isEnded, isCurrent] = await Promise.all([this.isEnded(session.uid), this.isCurrent(session)]);
    return !isEnded && isCurrent ? session : undefined;
  }

  private async isEnded(uid: string): Promise<boolean> {
    return (await findArtefact(this.orm, ENDED, uid)) !== undefined;
  }

  /** Whether nobody is logged in, or the account still has the password that was given. */
  private async isCurrent({ accountId, [CREDENTIALS_VERSION]: version }: AdapterPayload): Promise<boolean> {
    if (accountId === undefined) return true;
    if (typeof version !== 'number') return false;
    const [account] = await this.orm
      .select({ id: accounts.id })
      .from(accounts)
      .where(and(eq(accounts.id, accountId), eq(accounts.credentialsVersion, version)));
    return account !== undefined;
  }
}

/** Puts on record that sessions have ended. */
export async function recordEnded(uids: readonly string[], tx: Pick<Orm, 'insert'>): Promise<void> {
  if (uids.length === 0) return;
  const expiresAt = new Date(Date.now() + SESSION_SECONDS * 1_000);
  const rows = uids.map((id) => ({ model: ENDED, id, payload: {}, expiresAt }));
  await tx.insert(artefacts).values(rows).onConflictDoNothing();
}
