import type { PgDatabase, PgQueryResultHKT } from 'drizzle-orm/pg-core';

/** The same SQL on PostgreSQL and on PGlite. */
export type Orm = PgDatabase<PgQueryResultHKT>;
