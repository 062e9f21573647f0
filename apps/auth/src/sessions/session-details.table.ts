import { index, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core';

/** What a person can recognise a session of theirs by. oidc-provider's own record of it has no place for that. */
export const sessionDetails = pgTable(
  'session_details',
  {
    uid: text().primaryKey(),
    accountId: uuid('account_id').notNull(),
    userAgent: text('user_agent').notNull(),
    /** Of the address no more than the place: see `placeOf`. */
    place: text().notNull(),
    loggedInAt: timestamp('logged_in_at', { withTimezone: true }).notNull(),
    lastUsedAt: timestamp('last_used_at', { withTimezone: true }).notNull(),
    expiresAt: timestamp('expires_at', { withTimezone: true }).notNull(),
  },
  (table) => [index('session_details_expires_at').on(table.expiresAt)],
);
