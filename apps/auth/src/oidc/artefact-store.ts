import { createHash } from 'node:crypto';
import type { Orm } from '@countersign/platform/database';
import { and, eq, isNull, sql, type SQL } from 'drizzle-orm';
import { errors, type Adapter, type AdapterPayload } from 'oidc-provider';
import type { SecurityEventLog } from '../security-events/security-event-log.js';
import { artefacts } from './artefacts.table.js';
import { revokeGrant } from './revoke-grant.js';

/**
 * Models whose handle is all that a thief needs. Their rows hold its SHA-256, so that a dump of the database has no
 * code, refresh token or session to use. (The handle of an interaction counts only in a signed cookie.)
 */
const BEARER_MODELS: ReadonlySet<string> = new Set([
  'AccessToken',
  'AuthorizationCode',
  'ClientCredentials',
  'RefreshToken',
  'Session',
]);

/** oidc-provider's storage of one model. */
export class ArtefactStore implements Adapter {
  constructor(
    protected readonly model: string,
    protected readonly orm: Orm,
    private readonly events: Pick<SecurityEventLog, 'append'>,
  ) {}

  async upsert(id: string, payload: AdapterPayload, expiresIn?: number): Promise<void> {
    const values = this.valuesOf(payload, expiresIn);
    await this.orm
      .insert(artefacts)
      .values({ model: this.model, id: this.idOf(id), ...values })
      .onConflictDoUpdate({ target: [artefacts.model, artefacts.id], set: values });
  }

  async find(id: string): Promise<AdapterPayload | undefined> {
    const payload = await this.findWhere(eq(artefacts.id, this.idOf(id)));
    return payload && { ...payload, jti: id };
  }

  async findByUid(uid: string): Promise<AdapterPayload | undefined> {
    return this.findWhere(eq(artefacts.uid, uid));
  }

  async findByUserCode(userCode: string): Promise<AdapterPayload | undefined> {
    return this.findWhere(eq(artefacts.userCode, userCode));
  }

  /**
   * Marks a code as used, which succeeds once: of uses at the same time the database lets one change the row. Whoever
   * comes second holds a copy, and nobody can tell which of the two is the thief: the whole family ends (RFC 6749
   * §4.1.2). Refresh tokens have a way of their own: `RefreshTokenStore`.
   *
   * @throws errors.InvalidGrant for every use but the first.
   */
  async consume(id: string): Promise<void> {
    const consumed = await this.orm
      .update(artefacts)
      .set({ consumedAt: sql`now()` })
      .where(and(this.is(id), isNull(artefacts.consumedAt)))
      .returning({ id: artefacts.id });
    if (consumed.length > 0) return;

    await this.refuseReuse(id);
  }

  async destroy(id: string): Promise<void> {
    if (this.model === 'Grant') return revokeGrant(id, this.orm, this.events);
    await this.orm.delete(artefacts).where(this.is(id));
  }

  async revokeByGrantId(grantId: string): Promise<void> {
    await this.orm
      .delete(artefacts)
      .where(and(eq(artefacts.model, this.model), eq(artefacts.grantId, grantId)));
  }

  /**
   * Ends the family of an artefact that two parties hold.
   *
   * @throws errors.InvalidGrant when that is done
   */
  async refuseReuse(id: string): Promise<never> {
    const [row] = await this.orm.select({ grantId: artefacts.grantId }).from(artefacts).where(this.is(id));
    if (row?.grantId) await revokeGrant(row.grantId, this.orm, this.events);
    // A pushed request may have been answered in another tab.
    if (this.model === 'PushedAuthorizationRequest') throw new errors.InvalidRequestUri('already used');
    throw new errors.InvalidGrant('already used');
  }

  protected valuesOf(payload: AdapterPayload, expiresIn: number | undefined) {
    const { jti, ...withoutHandle } = payload;
    return {
      payload: BEARER_MODELS.has(this.model) ? withoutHandle : { jti, ...withoutHandle },
      grantId: payload.grantId ?? null,
      clientId: payload.clientId ?? null,
      accountId: accountOf(payload) ?? null,
      userCode: payload.userCode ?? null,
      uid: payload.uid ?? null,
      expiresAt: expiresIn === undefined ? null : new Date(Date.now() + expiresIn * 1_000),
    };
  }

  private async findWhere(condition: SQL): Promise<AdapterPayload | undefined> {
    const [row] = await this.orm
      .select({ payload: artefacts.payload, consumedAt: this.consumedAt() })
      .from(artefacts)
      .where(and(eq(artefacts.model, this.model), condition));
    if (row === undefined) return undefined;
    if (row.consumedAt === null) return row.payload;
    return { ...row.payload, consumed: Math.floor(row.consumedAt.getTime() / 1_000) };
  }

  /** When the artefact was used up, which it may be some time after its first use. */
  protected consumedAt(): SQL<Date | null> {
    return sql`${artefacts.consumedAt}`.mapWith(artefacts.consumedAt);
  }

  protected is(id: string): SQL | undefined {
    return and(eq(artefacts.model, this.model), eq(artefacts.id, this.idOf(id)));
  }

  protected idOf(handle: string): string {
    return BEARER_MODELS.has(this.model) ? createHash('sha256').update(handle).digest('base64url') : handle;
  }
}

/** An interaction belongs to who has just logged in, and before that to the session that it began in. */
function accountOf({ accountId, result, session }: AdapterPayload): string | undefined {
  return accountId ?? result?.login?.accountId ?? session?.accountId;
}
