import type { Provider } from 'oidc-provider';
import type { SessionStore } from './session-store.js';

/** Members that oidc-provider does not type (lib/models/session.js). */
interface Rotating {
  readonly jti: string;
  /** The identifier until it was reset. */
  oldId?: string;
  save: (this: Rotating, ttl: number) => Promise<string>;
}

/**
 * Keeps a row for each session at every moment. oidc-provider gives a session a new identifier by deleting its row and
 * writing another: whoever ended it between the two, from another browser or "everywhere", would find nothing to end,
 * and no verifier would be told.
 */
export function rotateSessionsInPlace({ Session }: Provider, store: Pick<SessionStore, 'rename'>): void {
  const prototype = Session.prototype as unknown as Rotating;
  const { save } = prototype;
  prototype.save = async function (ttl) {
    const { oldId } = this;
    if (oldId !== undefined) {
      await store.rename(oldId, this.jti);
      delete this.oldId; // there is nothing left to delete
    }
    return save.call(this, ttl);
  };
}
