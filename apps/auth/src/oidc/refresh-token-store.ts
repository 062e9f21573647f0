import { statement, type Orm } from '@countersign/platform/database';
import { and, eq, getTableColumns, gt, isNotNull, isNull, sql, type SQL } from 'drizzle-orm';
import { alias } from 'drizzle-orm/pg-core';
import type { AdapterPayload } from 'oidc-provider';
import type { SecurityEventLog } from '../security-events/security-event-log.js';
import { ArtefactStore, artefactLookup } from './artefact-store.js';
import { artefacts } from './artefacts.table.js';
import { openHandle, sealHandle } from './sealed-handle.js';

/**
 * For so long a used refresh token is answered with its successor once more. Long enough for a second tab and for the
 * repetition of a request whose answer was lost; a thief who comes within it gets what the client has, and shows
 * himself when one of the two uses it after the other.
 */
export const REUSE_GRACE_SECONDS = 5;

export interface Successor {
  readonly handle: string;
  readonly payload: AdapterPayload;
  readonly expiresInSeconds: number;
}

/** A use within the grace does not count as the second. */
const refreshTokensById = artefactLookup(
  'refresh_tokens_by_id',
  sql`CASE WHEN ${artefacts.consumedAt} <= now() - make_interval(secs => ${sql.raw(String(REUSE_GRACE_SECONDS))})
    THEN ${artefacts.consumedAt} END`,
);

/** In the order of the table's columns, each with its type, which a parameter of a SELECT lacks. */
const rowOfSuccessor: SQL = sql.join(
  Object.entries(getTableColumns(artefacts)).map(([name, column]) => {
    const isUnused = name === 'consumedAt' || name === 'successorId';
    return sql`${isUnused ? sql.raw('NULL') : sql.placeholder(name)}::${sql.raw(column.getSQLType())}`;
  }),
  sql`, `,
);

const replaceToken = statement((orm) => {
  const usedUp = orm.$with('used_up').as(
    orm
      .update(artefacts)
      .set({ consumedAt: sql`now()`, successorId: sql`${sql.placeholder('id')}::text`, sealedHandle: null })
      .where(
        and(
          eq(artefacts.model, sql.placeholder('model')),
          eq(artefacts.id, sql.placeholder('usedId')),
          isNull(artefacts.consumedAt),
        ),
      )
      .returning({ id: artefacts.id }),
  );
  return orm
    .with(usedUp)
    .insert(artefacts)
    .select(sql`SELECT ${rowOfSuccessor} FROM ${usedUp}`)
    .returning({ id: artefacts.id })
    .prepare('replace_refresh_token');
});

const successors = alias(artefacts, 'successors');

/** oidc-provider's storage of refresh tokens. */
export class RefreshTokenStore extends ArtefactStore {
  protected override readonly byId = refreshTokensById;

  constructor(orm: Orm, events: Pick<SecurityEventLog, 'append'>) {
    super('RefreshToken', orm, events);
  }

  /**
   * Puts a refresh token in the place of another, in one statement: after a crash both has happened or neither. Of
   * several uses at once one makes the successor; the others, and those of the next few seconds, are answered with
   * the same. Any other second use ends the family (RFC 9700 §4.14.2): after the grace, or when the successor is
   * already used, one of the two who hold the token is a thief.
   *
   * @returns the handle of the successor: the given one, or that of the one which is already there
   * @throws errors.InvalidGrant when the token was used up, or is gone
   */
  async rotate(used: string, successor: Successor): Promise<string> {
    if (await this.replace(used, successor)) return successor.handle;
    const handle = await this.findSuccessor(used);
    if (handle !== undefined) return handle;
    return this.refuseReuse(used);
  }

  private async replace(used: string, { handle, payload, expiresInSeconds }: Successor): Promise<boolean> {
    const values = this.valuesOf(payload, expiresInSeconds);
    const inserted = await replaceToken(this.orm).execute({
      ...values,
      model: this.model,
      id: this.idOf(handle),
      usedId: this.idOf(used),
      payload: JSON.stringify(values.payload),
      expiresAt: values.expiresAt?.toISOString() ?? null,
      sealedHandle: sealHandle(handle, used),
    });
    return inserted.length > 0;
  }

  /** The successor of a token that was used a moment ago, as long as nobody has used it. */
  private async findSuccessor(used: string): Promise<string | undefined> {
    const graceStart = sql`now() - make_interval(secs => ${REUSE_GRACE_SECONDS})`;
    const [row] = await this.orm
      .select({ sealedHandle: successors.sealedHandle })
      .from(artefacts)
      .innerJoin(
        successors,
        and(eq(successors.model, artefacts.model), eq(successors.id, artefacts.successorId)),
      )
      .where(
        and(
          this.is(used),
          gt(artefacts.consumedAt, graceStart),
          isNull(successors.consumedAt),
          isNotNull(successors.sealedHandle),
        ),
      );
    return row?.sealedHandle == null ? undefined : openHandle(row.sealedHandle, used);
  }
}
