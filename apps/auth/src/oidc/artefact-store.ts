import { createHash } from 'node:crypto';
import { lookup, statement, type Orm } from '@countersign/platform/database';
import { and, eq, isNull, sql, type SQL } from 'drizzle-orm';
import { errors, type Adapter, type AdapterPayload } from 'oidc-provider';
import { WorkQueue } from '@countersign/platform';
import type { SecurityEventLog } from '../security-events/security-event-log.js';
import { artefacts } from './artefacts.table.js';
import { revokeGrant } from './revoke-grant.js';

/**
 * Models whose handle is all that a thief needs. Their rows hold its SHA-256, so that a dump of the database has no
 * code, refresh token or session to use. (The handle of an interaction counts only in a signed cookie. A user code is
 * too short to be hidden by a hash, and opens nothing: who types it in gives an account of his own away.)
 */
const BEARER_MODELS: ReadonlySet<string> = new Set([
  'AccessToken',
  'AuthorizationCode',
  'ClientCredentials',
  'DeviceCode',
  'RefreshToken',
  'Session',
]);

const found = {
  model: artefacts.model,
  id: artefacts.id,
  uid: artefacts.uid,
  payload: artefacts.payload,
};

export interface ArtefactLookup {
  readonly by: 'id' | 'uid';
  /** When the artefact was used up, which may be some time after its first use; its `consumed_at` when not given. */
  readonly consumedAt?: SQL;
  /** Which of the artefacts count; all of them when not given. */
  readonly condition?: SQL | undefined;
}

/**
 * By model and one other name, for many at a time: row by row through the index, whatever PostgreSQL knows of the table.
 * A plan is made once, when the table may be empty, and a mere join would then read all of it for as long as the
 * connection lives.
 */
export function artefactLookup(name: string, { by, consumedAt, condition }: ArtefactLookup) {
  const usedUp = (consumedAt ?? sql`${artefacts.consumedAt}`).mapWith(artefacts.consumedAt).as('used_up');
  return lookup(
    (orm) => {
      const asked = sql`unnest(${sql.placeholder('models')}::text[], ${sql.placeholder('names')}::text[])
        AS asked(model, name)`;
      const isAskedFor = [eq(artefacts.model, sql`asked.model`), eq(artefacts[by], sql`asked.name`)];
      const artefact = orm
        .select({ ...found, consumedAt: usedUp })
        .from(artefacts)
        .where(and(...isAskedFor, condition))
        .limit(1)
        .as('artefact');
      const { model, id, uid, payload } = artefact;
      const select = orm
        .select({ model, id, uid, payload, consumedAt: artefact.consumedAt })
        .from(asked)
        .crossJoinLateral(artefact)
        .prepare(name);
      return (keys) => select.execute(namesOf(keys));
    },
    (row) => keyOf(row.model, row[by] ?? ''),
  );
}

const artefactsById = artefactLookup('artefacts_by_id', { by: 'id' });
const artefactsByUid = artefactLookup('artefacts_by_uid', { by: 'uid' });

/** No model has a space in its name. */
function keyOf(model: string, name: string): string {
  return `${model} ${name}`;
}

function namesOf(keys: readonly string[]): { readonly models: string[]; readonly names: string[] } {
  return {
    models: keys.map((key) => key.slice(0, key.indexOf(' '))),
    names: keys.map((key) => key.slice(key.indexOf(' ') + 1)),
  };
}

const upsertArtefact = statement((orm) =>
  orm
    .insert(artefacts)
    .values({
      model: sql.placeholder('model'),
      id: sql.placeholder('id'),
      payload: sql.placeholder('payload'),
      grantId: sql.placeholder('grantId'),
      clientId: sql.placeholder('clientId'),
      accountId: sql.placeholder('accountId'),
      userCode: sql.placeholder('userCode'),
      uid: sql.placeholder('uid'),
      expiresAt: sql`${sql.placeholder('expiresAt')}::timestamptz`,
    })
    .onConflictDoUpdate({
      target: [artefacts.model, artefacts.id],
      set: {
        payload: sql`excluded.payload`,
        grantId: sql`excluded.grant_id`,
        clientId: sql`excluded.client_id`,
        accountId: sql`excluded.account_id`,
        userCode: sql`excluded.user_code`,
        uid: sql`excluded.uid`,
        expiresAt: sql`excluded.expires_at`,
      },
    })
    .prepare('upsert_artefact'),
);

/**
 * A write waits for the disk, and a look-up does not wait for it: it finds a connection of the ten, however many write.
 * Or every login would keep `/token` waiting.
 */
const WRITES_AT_A_TIME = 5;
/** As long as a look-up waits for a connection: a caller who is told 503 then comes back, and memory does not fill. */
const LONGEST_WAIT_MS = 1_000;
/** What five connections write in that time, at 5 ms a write. */
const MAX_WAITING = 1_000;
const writes = statement(
  () =>
    new WorkQueue({
      concurrency: WRITES_AT_A_TIME,
      maxWaiting: MAX_WAITING,
      maxWaitMs: LONGEST_WAIT_MS,
    }),
);

/** oidc-provider's storage of one model. */
export class ArtefactStore implements Adapter {
  protected readonly byId: typeof artefactsById = artefactsById;
  protected readonly byUid: typeof artefactsByUid = artefactsByUid;

  constructor(
    protected readonly model: string,
    protected readonly orm: Orm,
    private readonly events: Pick<SecurityEventLog, 'append'>,
  ) {}

  /** @throws QueueFullError when too many writes wait, or this one has waited for a second. */
  async upsert(id: string, payload: AdapterPayload, expiresIn?: number): Promise<void> {
    const values = this.valuesOf(payload, expiresIn);
    const expiresAt = values.expiresAt?.toISOString() ?? null;
    const row = { ...values, model: this.model, id: this.idOf(id), expiresAt };
    await writes(this.orm).run(() => upsertArtefact(this.orm).execute(row));
  }

  async find(id: string): Promise<AdapterPayload | undefined> {
    const payload = toPayload(await this.byId(this.orm).ask(keyOf(this.model, this.idOf(id))));
    return payload && { ...payload, jti: id };
  }

  async findByUid(uid: string): Promise<AdapterPayload | undefined> {
    return toPayload(await this.byUid(this.orm).ask(keyOf(this.model, uid)));
  }

  /** Device codes alone have one: `DeviceCodeStore`. */
  findByUserCode(_userCode: string): Promise<AdapterPayload | undefined> {
    return Promise.reject(new TypeError(`a ${this.model} has no user code`));
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

  protected is(id: string): SQL | undefined {
    return and(eq(artefacts.model, this.model), eq(artefacts.id, this.idOf(id)));
  }

  protected idOf(handle: string): string {
    return BEARER_MODELS.has(this.model) ? createHash('sha256').update(handle).digest('base64url') : handle;
  }
}

interface Row {
  readonly payload: AdapterPayload;
  readonly consumedAt: Date | null;
}

/** With `consumed`, as oidc-provider wants it. */
export function toPayload(row: Row | undefined): AdapterPayload | undefined {
  if (row === undefined || row.consumedAt === null) return row?.payload;
  return { ...row.payload, consumed: Math.floor(row.consumedAt.getTime() / 1_000) };
}

/** An interaction belongs to who has just logged in, and before that to the session that it began in. */
function accountOf({ accountId, result, session }: AdapterPayload): string | undefined {
  return accountId ?? result?.login?.accountId ?? session?.accountId;
}
