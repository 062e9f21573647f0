import { integer, pgTable, timestamp } from 'drizzle-orm/pg-core';

/** The `max-age` that answers of the JWKS have, or had not long ago. */
export const jwksMaxAges = pgTable('jwks_max_ages', {
  maxAgeSeconds: integer('max_age_seconds').primaryKey(),
  /** No later than this an answer says so: a replica that runs moves it on ahead of time. */
  advertisedUntil: timestamp('advertised_until', { withTimezone: true }).notNull(),
});
