import { jsonb, pgTable, text, timestamp } from 'drizzle-orm/pg-core';
import type { ClientRegistration } from './client-registration.js';

export const clients = pgTable('clients', {
  clientId: text('client_id').primaryKey(),
  /** Client metadata of RFC 7591 §2, without the secret. */
  metadata: jsonb().$type<ClientRegistration>().notNull(),
  /** SHA-256 of the secret; a client that has none authenticates in another way, or not at all. */
  secretHash: text('secret_hash'),
  /** SHA-256 of the secret before that, which is good until then. */
  previousSecretHash: text('previous_secret_hash'),
  previousSecretExpiresAt: timestamp('previous_secret_expires_at', { withTimezone: true }),
  disabledAt: timestamp('disabled_at', { withTimezone: true }),
  createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
});
