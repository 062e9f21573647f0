import { AuthError } from '@countersign/auth';
import { revocableBy, type RevocationCheck } from '@countersign/auth/passport';
import { Database, isDatabaseOutage } from '@countersign/platform/database';
import { Inject, Injectable } from '@nestjs/common';
import { or, sql } from 'drizzle-orm';
import { endsByTime, lastSecondEnded } from './security-event.js';
import { securityEvents } from './security-events.table.js';

type Claims = Parameters<RevocationCheck['assertNotRevoked']>[0];
type Handle = ReturnType<typeof revocableBy>[number];

/**
 * What the issuer has revoked, for tokens that it verifies itself: the log is asked with each of them, so that what any
 * replica has ended counts from its commit on. They are those of administrators, and those that are exchanged.
 */
@Injectable()
export class LoggedRevocations implements RevocationCheck {
  constructor(@Inject(Database) private readonly database: Pick<Database, 'orm'>) {}

  assertKnown(): void {
    // Nothing has to be heard first.
  }

  /** @throws AuthError `token_revoked`, or `revocations_unavailable` in an outage of the database */
  async assertNotRevoked(claims: Claims): Promise<void> {
    if (await this.isRevokedUnlessOutage(claims))
      throw new AuthError('token_revoked', 'the log has an event that ends the token');
  }

  /** Whether the log has an event that ends a token with these claims. */
  async isRevoked(claims: Claims): Promise<boolean> {
    const issuedAt = Number(claims['iat']);
    const events = await this.eventsThatName(revocableBy(claims));
    return events.some((logged) => !endsByTime(logged.event) || issuedAt <= lastSecondEnded(logged));
  }

  private async isRevokedUnlessOutage(claims: Claims): Promise<boolean> {
    try {
      return await this.isRevoked(claims);
    } catch (cause) {
      if (!isDatabaseOutage(cause)) throw cause;
      throw new AuthError('revocations_unavailable', 'the log of events cannot be read', { cause });
    }
  }

  private async eventsThatName(handles: readonly Handle[]) {
    const patterns = handles.flatMap(({ by, id }) => EVENTS_BY[by](id)).map((event) => JSON.stringify(event));
    return this.database.orm
      .select({ event: securityEvents.event, createdAt: securityEvents.createdAt })
      .from(securityEvents)
      .where(or(...patterns.map((pattern) => sql`${securityEvents.event} @> ${pattern}::jsonb`)));
  }
}

/** What an event looks like that ends the tokens of a handle. */
const EVENTS_BY: Readonly<Record<Handle['by'], (id: string) => readonly object[]>> = {
  session: (sessionId) => [{ type: 'session-revoked', sessionId }],
  grant: (grantId) => [{ type: 'grant-revoked', grantId }],
  subject: (subject) => [
    { type: 'account-disabled', subject },
    { type: 'credential-changed', subject },
  ],
  client: (clientId) => [{ type: 'client-disabled', clientId }],
};
