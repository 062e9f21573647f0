import { pgTable, text, timestamp } from 'drizzle-orm/pg-core';

/**
 * Private keys in an HSM that this database has asked for and that no row of the ring names: not yet, or not any more.
 * An HSM may be shared: no other key of it is ever destroyed.
 */
export const loosePrivateKeys = pgTable('loose_private_keys', {
  privateKeyUri: text('private_key_uri').primaryKey(),
  /** Until then it is being made, and may come into the ring; from then on it is to be destroyed. */
  destroyFrom: timestamp('destroy_from', { withTimezone: true }).notNull(),
});
