import { Inject, Injectable } from '@nestjs/common';
import { Database } from '@countersign/platform/database';
import { and, desc, eq, gt, sql } from 'drizzle-orm';
import { z } from 'zod';
import { accounts } from '../accounts/accounts.table.js';
import { artefacts } from '../oidc/artefacts.table.js';
import { CREDENTIALS_VERSION } from '../oidc/session-credentials.js';
import { EndedLogins } from './ended-logins.js';
import { OpenAccessRepository } from './open-access.repository.js';
import { sessionDetails } from './session-details.table.js';

/** What oidc-provider keeps of a grant, as far as it is shown. */
const grant = z.object({
  clientId: z.string(),
  iat: z.number(),
  openid: z.object({ scope: z.string().default('') }).prefault({}),
  resources: z.record(z.string(), z.string()).default({}),
});

export interface OpenSession {
  readonly uid: string;
  readonly userAgent: string;
  readonly place: string;
  readonly loggedInAt: Date;
  readonly lastUsedAt: Date;
}

export interface ApplicationAccess {
  readonly clientId: string;
  readonly scopes: readonly string[];
  readonly since: Date;
}

/** What a person sees of their own sessions and grants, and ends. */
@Injectable()
export class AccountAccessService {
  constructor(
    @Inject(Database) private readonly database: Pick<Database, 'orm'>,
    private readonly openAccess: OpenAccessRepository,
    private readonly endedLogins: EndedLogins,
  ) {}

  /** The latest first. */
  async sessions(accountId: string): Promise<readonly OpenSession[]> {
    return this.database.orm
      .select({
        uid: sessionDetails.uid,
        userAgent: sessionDetails.userAgent,
        place: sessionDetails.place,
        loggedInAt: sessionDetails.loggedInAt,
        lastUsedAt: sessionDetails.lastUsedAt,
      })
      .from(sessionDetails)
      .innerJoin(artefacts, and(eq(artefacts.model, 'Session'), eq(artefacts.uid, sessionDetails.uid)))
      .innerJoin(accounts, sql`${accounts.id}::text = ${artefacts.accountId}`)
      .where(
        and(
          eq(artefacts.accountId, accountId),
          gt(artefacts.expiresAt, new Date()),
          sql`${artefacts.payload} ->> ${CREDENTIALS_VERSION} = ${accounts.credentialsVersion}::text`,
        ),
      )
      .orderBy(desc(sessionDetails.lastUsedAt));
  }

  /** One entry for each client, with all that its grants allow. */
  async applications(accountId: string): Promise<readonly ApplicationAccess[]> {
    const grants = await this.database.orm
      .select({ payload: artefacts.payload })
      .from(artefacts)
      .where(
        and(
          eq(artefacts.model, 'Grant'),
          eq(artefacts.accountId, accountId),
          gt(artefacts.expiresAt, new Date()),
        ),
      );
    const byClient = new Map<string, ApplicationAccess>();
    for (const { payload } of grants) {
      const { clientId, iat, openid, resources } = grant.parse(payload);
      const granted = [openid.scope, ...Object.values(resources)].join(' ').split(' ').filter(Boolean);
      const known = byClient.get(clientId);
      byClient.set(clientId, {
        clientId,
        scopes: [...new Set([...(known?.scopes ?? []), ...granted])],
        since: new Date(Math.min(known?.since.getTime() ?? Infinity, iat * 1_000)),
      });
    }
    return [...byClient.values()].toSorted((a, b) => a.clientId.localeCompare(b.clientId));
  }

  /** Ends a session, and all that applications got through it. One of another account is spared, and not mentioned. */
  async endSession(accountId: string, uid: string): Promise<void> {
    const ended = await this.database.orm.transaction((tx) => this.openAccess.endSession(accountId, uid, tx));
    this.endedLogins.announce(ended);
  }

  /** Takes every grant back that the account has given to a client. */
  async endApplication(accountId: string, clientId: string): Promise<void> {
    const ended = await this.database.orm.transaction((tx) =>
      this.openAccess.endClient(accountId, clientId, tx),
    );
    this.endedLogins.announce(ended);
  }
}
