import { Injectable } from '@nestjs/common';
import type { Orm } from '@countersign/platform/database';
import { and, eq, inArray, or, sql } from 'drizzle-orm';
import { artefacts } from '../oidc/artefacts.table.js';
import { recordEnded } from '../oidc/session-store.js';
import { SecurityEventLog } from '../security-events/security-event-log.js';
import { loginsOf, type EndedLogin } from './ended-logins.js';

/** What ends an account's access is written in one transaction with the reason. */
export type Transaction = Pick<Orm, 'select' | 'insert' | 'update' | 'delete'>;

/**
 * What an account has open: sessions, grants and all that came of them. Each method works within a transaction, and answers
 * the logins that ended: when it is committed, their clients are to be told.
 */
@Injectable()
export class OpenAccessRepository {
  constructor(private readonly events: SecurityEventLog) {}

  /**
   * Deletes everything that could give the account's tokens to anyone, logins under way included. For a reason that
   * has an event of its own, which names the account.
   */
  async deleteAll(accountId: string, tx: Transaction): Promise<readonly EndedLogin[]> {
    const deleted = await tx
      .delete(artefacts)
      .where(eq(artefacts.accountId, accountId))
      .returning({ model: artefacts.model, uid: artefacts.uid, payload: artefacts.payload });
    const sessions = deleted.filter(({ model }) => model === 'Session');
    await recordEnded(
      sessions.flatMap(({ uid }) => uid ?? []),
      tx,
    );
    return sessions.flatMap(({ payload }) => loginsOf(accountId, payload));
  }

  /** Ends every session and grant of the account, and says so of each. */
  async endAll(accountId: string, tx: Transaction): Promise<readonly EndedLogin[]> {
    const isTheirs = and(inArray(artefacts.model, ['Session', 'Grant']), eq(artefacts.accountId, accountId));
    const open = await tx
      .select({ model: artefacts.model, id: artefacts.id, uid: artefacts.uid })
      .from(artefacts)
      .where(isTheirs);
    const logins = await this.deleteAll(accountId, tx);
    for (const { model, id, uid } of open) {
      if (model === 'Grant') await this.events.append({ type: 'grant-revoked', grantId: id }, tx);
      else if (uid !== null)
        await this.events.append({ type: 'session-revoked', subject: accountId, sessionId: uid }, tx);
    }
    return logins;
  }

  /** Ends a session of the account, with the grants that were given in it: a lost phone keeps nothing. */
  async endSession(accountId: string, uid: string, tx: Transaction): Promise<readonly EndedLogin[]> {
    const [session] = await tx
      .delete(artefacts)
      .where(and(eq(artefacts.model, 'Session'), eq(artefacts.uid, uid), eq(artefacts.accountId, accountId)))
      .returning({ payload: artefacts.payload });
    if (session === undefined) return [];
    await recordEnded([uid], tx);
    await this.events.append({ type: 'session-revoked', subject: accountId, sessionId: uid }, tx);
    const authorizations = Object.values(session.payload.authorizations ?? {});
    await this.endGrants(
      authorizations.flatMap(({ grantId }) => grantId ?? []),
      tx,
    );
    return loginsOf(accountId, session.payload);
  }

  /** Ends the grants that the account has given to a client, and with them the logins at it; the sessions go on. */
  async endClient(accountId: string, clientId: string, tx: Transaction): Promise<readonly EndedLogin[]> {
    const grants = await tx
      .select({ id: artefacts.id })
      .from(artefacts)
      .where(
        and(
          eq(artefacts.model, 'Grant'),
          eq(artefacts.accountId, accountId),
          sql`${artefacts.payload} ->> 'clientId' = ${clientId}`,
        ),
      );
    await this.endGrants(
      grants.map(({ id }) => id),
      tx,
    );
    const sessions = await tx
      .select({ payload: artefacts.payload })
      .from(artefacts)
      .where(and(eq(artefacts.model, 'Session'), eq(artefacts.accountId, accountId)));
    const logins = sessions.flatMap(({ payload }) => loginsOf(accountId, payload));
    return logins.filter((login) => login.clientId === clientId);
  }

  private async endGrants(grantIds: readonly string[], tx: Transaction): Promise<void> {
    if (grantIds.length === 0) return;
    const isGrant = and(eq(artefacts.model, 'Grant'), inArray(artefacts.id, grantIds));
    await tx.delete(artefacts).where(or(isGrant, inArray(artefacts.grantId, grantIds)));
    for (const grantId of grantIds) await this.events.append({ type: 'grant-revoked', grantId }, tx);
  }
}
