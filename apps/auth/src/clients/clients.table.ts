import { jsonb, pgTable, text, timestamp } from 'drizzle-orm/pg-core';
import type { ClientRegistration } from './client-registration.js';

export const clients = pgTable('clients', {
  clientId: text('client_id').primaryKey(),
  /** Client metadata of RFC 7591 §2, without the secret. */
  metadata: jsonb().$type<ClientRegistration>().notNull(),
  /** SHA-256 of the secret; a public client has none. */
  secretHash: text('secret_hash'),
  createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
});
