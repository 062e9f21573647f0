import { index, pgTable, text, timestamp } from 'drizzle-orm/pg-core';

/**
 * What a link is good for. `reset-password` is mailed; `set-password` is given to an administrator, who hands it over: it
 * sets a password as well, and says nothing about the address.
 */
export type LinkPurpose = 'register' | 'reset-password' | 'set-password';

/** Links that were mailed or handed over, and not used yet. */
export const mailedLinks = pgTable(
  'mailed_links',
  {
    /** SHA-256 of the token in the link: whoever reads the database has no link. */
    tokenHash: text('token_hash').primaryKey(),
    purpose: text().$type<LinkPurpose>().notNull(),
    email: text().notNull(),
    /** Interaction that the person came from. */
    interactionUid: text('interaction_uid'),
    expiresAt: timestamp('expires_at', { withTimezone: true }).notNull(),
  },
  (table) => [
    index('mailed_links_email').on(table.email),
    index('mailed_links_expires_at').on(table.expiresAt),
  ],
);
