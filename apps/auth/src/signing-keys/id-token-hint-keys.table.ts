import { jsonb, pgTable, text, timestamp } from 'drizzle-orm/pg-core';
import type { JWK } from 'jose';
import type { SigningAlgorithm } from './key-ring.js';

/** Public halves of keys that were deleted in their turn. A session outlives the key of its ID token by days. */
export const idTokenHintKeyRows = pgTable('id_token_hint_keys', {
  kid: text().primaryKey(),
  alg: text().$type<SigningAlgorithm>().notNull(),
  publicJwk: jsonb('public_jwk').$type<JWK>().notNull(),
  expiresAt: timestamp('expires_at', { withTimezone: true }).notNull(),
});
