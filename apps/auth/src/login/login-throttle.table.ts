import { index, integer, pgTable, text, timestamp } from 'drizzle-orm/pg-core';

/** Counters of what may not be tried too often, in the columns that rate-limiter-flexible asks for. */
export const loginThrottle = pgTable(
  'login_throttle',
  {
    /** What is counted, and an HMAC of whom: no e-mail address can be read from it. */
    key: text().primaryKey(),
    points: integer().notNull(),
    expire: timestamp({ withTimezone: true }),
  },
  (table) => [index('login_throttle_expire').on(table.expire)],
);
