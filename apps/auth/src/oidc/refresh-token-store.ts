import { batchedQuery, type Orm } from '@countersign/platform/database';
import { and, eq, getTableColumns, gt, isNotNull, isNull, sql } from 'drizzle-orm';
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
const refreshTokensById = artefactLookup('refresh_tokens_by_id', {
  by: 'id',
  consumedAt: sql`CASE WHEN ${artefacts.consumedAt} <= now() - make_interval(secs => ${sql.raw(String(REUSE_GRACE_SECONDS))})
    THEN ${artefacts.consumedAt} END`,
});

/** A successor's row without the columns that only its use fills. */
interface Rotation {
  readonly usedId: string;
  readonly id: string;
  readonly sealedHandle: string;
  readonly values: Readonly<Record<string, unknown>>;
}

const columns = Object.entries(getTableColumns(artefacts));
/** Columns that a JSON object of a rotation has under the names of their properties. */
const requested = sql.join(
  columns.map(([name, column]) => sql`${sql.identifier(name)} ${sql.raw(column.getSQLType())}`),
  sql`, `,
);
/** In the order of the table's columns. */
const rowOfSuccessor = sql.join(
  columns.map(([name]) => sql`rotation.${sql.identifier(name)}`),
  sql`, `,
);

/**
 * Locks the tokens in one order, so that replicas which rotate the same ones wait for each other and not in a circle;
 * of several uses of one token in the same batch one is taken. Row by row through the index, as in `artefactLookup`:
 * hence the insert that always finds its row, which is locked, where an update would have to be a join.
 */
const replaceTokens = batchedQuery(
  (orm) => {
    const rotations = orm.$with('rotation', {}).as(
      sql`SELECT DISTINCT ON ("usedId") *
        FROM jsonb_to_recordset(${sql.placeholder('rotations')}::jsonb) AS r("usedId" text, ${requested})
        ORDER BY "usedId"`,
    );
    const unused = orm.$with('unused', {}).as(
      sql`SELECT rotation."usedId", rotation.id FROM rotation CROSS JOIN LATERAL (
        SELECT FROM ${artefacts}
        WHERE model = 'RefreshToken' AND artefacts.id = rotation."usedId" AND consumed_at IS NULL
        LIMIT 1 FOR UPDATE) AS token`,
    );
    const usedUp = orm.$with('used_up', {}).as(
      sql`INSERT INTO ${artefacts} (model, id, payload, successor_id)
        SELECT 'RefreshToken', unused."usedId", '{}', unused.id FROM unused
        ON CONFLICT (model, id) DO UPDATE
        SET consumed_at = now(), successor_id = excluded.successor_id, sealed_handle = NULL
        RETURNING successor_id`,
    );
    const insert = orm
      .with(rotations, unused, usedUp)
      .insert(artefacts)
      .select(sql`SELECT ${rowOfSuccessor} FROM rotation JOIN used_up ON used_up.successor_id = rotation.id`)
      .returning({ id: artefacts.id })
      .prepare('replace_refresh_tokens');
    return (requests: readonly Rotation[]) => {
      const rows = requests.map(({ values, ...names }) => ({ model: 'RefreshToken', ...values, ...names }));
      return insert.execute({ rotations: JSON.stringify(rows) });
    };
  },
  { ofRequest: ({ id }) => id, ofRow: ({ id }) => id },
);

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
    const inserted = await replaceTokens(this.orm).ask({
      usedId: this.idOf(used),
      id: this.idOf(handle),
      sealedHandle: sealHandle(handle, used),
      values: this.valuesOf(payload, expiresInSeconds),
    });
    return inserted !== undefined;
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
