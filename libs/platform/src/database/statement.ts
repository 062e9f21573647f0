import type { Orm } from './orm.js';

/**
 * A statement that every request needs: built once for each database, and parsed and planned once for each connection
 * to PostgreSQL. To build one anew takes more of this process than all the rest of a query. It is no part of a
 * transaction. Behind PgBouncer in transaction mode it needs `max_prepared_statements` (PgBouncer 1.21).
 *
 * @param prepare ends with drizzle's `.prepare(name)`; the name has to be unique in the app
 */
export function statement<Prepared>(prepare: (orm: Orm) => Prepared): (orm: Orm) => Prepared {
  const prepared = new WeakMap<Orm, Prepared>();
  return (orm) => {
    const known = prepared.get(orm);
    if (known !== undefined) return known;
    const built = prepare(orm);
    prepared.set(orm, built);
    return built;
  };
}
