import { Inject, Injectable } from '@nestjs/common';
import { Database, type Orm } from '@countersign/platform/database';
import { lt, max, sql } from 'drizzle-orm';
import { jwksMaxAges } from './jwks-max-ages.table.js';

/** A replica says again, many times within it, what it advertises. */
const ADVERTISED_AHEAD = sql`interval '2 minutes'`;
/** When the last answer that said so leaves the last cache. */
const CACHED_UNTIL = sql`${jwksMaxAges.advertisedUntil} + make_interval(secs => ${jwksMaxAges.maxAgeSeconds})`;

/**
 * What caches have been told: after `JWKS_MAX_AGE_SECONDS` was made shorter, and between replicas that have different
 * ones, a cache may keep the JWKS for longer than this process says.
 */
@Injectable()
export class JwksMaxAgesRepository {
  constructor(@Inject(Database) private readonly database: Pick<Database, 'orm'>) {}

  /** To be called before the first answer, and then more often than every two minutes. */
  async advertise(maxAgeSeconds: number): Promise<void> {
    const advertisedUntil = sql`clock_timestamp() + ${ADVERTISED_AHEAD}`;
    await this.database.orm
      .insert(jwksMaxAges)
      .values({ maxAgeSeconds, advertisedUntil })
      .onConflictDoUpdate({ target: jwksMaxAges.maxAgeSeconds, set: { advertisedUntil } });
    await this.database.orm.delete(jwksMaxAges).where(lt(CACHED_UNTIL, sql`clock_timestamp()`));
  }

  /** The longest that an answer in a cache can have: 0 when there can be none. */
  async longest(orm: Orm = this.database.orm): Promise<number> {
    const [row] = await orm
      .select({ seconds: max(jwksMaxAges.maxAgeSeconds) })
      .from(jwksMaxAges)
      .where(sql`${CACHED_UNTIL} >= clock_timestamp()`);
    return row?.seconds ?? 0;
  }
}
