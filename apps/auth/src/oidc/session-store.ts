import type { Orm } from '@countersign/platform/database';
import type { AdapterPayload } from 'oidc-provider';
import { ArtefactStore, findArtefact } from './artefact-store.js';
import { artefacts } from './artefacts.table.js';
import { SESSION_SECONDS } from './lifetimes.js';

const ENDED = 'EndedSession';

/**
 * The sessions that were not ended from elsewhere. oidc-provider reads a session when a request begins and writes it when
 * it ends: a request that is under way while the session is deleted brings it back, and a thief who sends one after the
 * other would be rid of every "sign out everywhere". What has ended is therefore on record for as long as it could have lived.
 */
export class SessionStore extends ArtefactStore {
  override async find(id: string): Promise<AdapterPayload | undefined> {
    return this.unlessEnded(await super.find(id));
  }

  override async findByUid(uid: string): Promise<AdapterPayload | undefined> {
    return this.unlessEnded(await super.findByUid(uid));
  }

  private async unlessEnded(session: AdapterPayload | undefined): Promise<AdapterPayload | undefined> {
    if (session?.uid === undefined) return session;
    const ended = await findArtefact(this.orm, ENDED, session.uid);
    return ended === undefined ? session : undefined;
  }
}

/** Puts on record that sessions have ended. */
export async function recordEnded(uids: readonly string[], tx: Pick<Orm, 'insert'>): Promise<void> {
  if (uids.length === 0) return;
  const expiresAt = new Date(Date.now() + SESSION_SECONDS * 1_000);
  const rows = uids.map((id) => ({ model: ENDED, id, payload: {}, expiresAt }));
  await tx.insert(artefacts).values(rows).onConflictDoNothing();
}
