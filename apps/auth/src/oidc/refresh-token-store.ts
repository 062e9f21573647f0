import type { Orm } from '@countersign/platform/database';
import { and, eq, getTableColumns, gt, isNotNull, isNull, sql, type SQL } from 'drizzle-orm';
import { alias } from 'drizzle-orm/pg-core';
import type { AdapterPayload } from 'oidc-provider';
import type { SecurityEventLog } from '../security-events/security-event-log.js';
import { ArtefactStore, findStatement } from './artefact-store.js';
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
const findRefreshToken = findStatement(
  'refresh_token_by_id',
  sql`CASE WHEN ${artefacts.consumedAt} <= now() - make_interval(secs => ${sql.raw(String(REUSE_GRACE_SECONDS))})
    THEN ${artefacts.consumedAt} END`,
);

const successors = alias(artefacts, 'successors');

/** oidc-provider's storage of refresh tokens. */
export class RefreshTokenStore extends ArtefactStore {
  protected override readonly findById = findRefreshToken;

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
    const id = this.idOf(handle);
    const usedUp = this.orm.$with('used_up').as(
      this.orm
        .update(artefacts)
        .set({ consumedAt: sql`now()`, successorId: id, sealedHandle: null })
        .where(and(this.is(used), isNull(artefacts.consumedAt)))
        .returning({ id: artefacts.id }),
    );
    const values = rowOf({
      model: this.model,
      id,
      ...this.valuesOf(payload, expiresInSeconds),
      consumedAt: null,
      successorId: null,
      sealedHandle: sealHandle(handle, used),
    });
    const inserted = await this.orm
      .with(usedUp)
      .insert(artefacts)
      .select(sql`SELECT ${values} FROM ${usedUp}`)
      .returning({ id: artefacts.id });
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

/** The values of a row in the order of the columns, each with its type, which a parameter of a SELECT lacks. */
function rowOf(values: typeof artefacts.$inferSelect): SQL {
  const columns = Object.entries(getTableColumns(artefacts));
  return sql.join(
    columns.map(
      ([name, column]) =>
        sql`${sql.param(Reflect.get(values, name), column)}::${sql.raw(column.getSQLType())}`,
    ),
    sql`, `,
  );
}
