import { bigserial, jsonb, pgTable, text, timestamp } from 'drizzle-orm/pg-core';
import type { SecurityEvent } from './security-event.js';

/** What happened, in the order in which it did, for as long as it can matter to a verifier. */
export const securityEvents = pgTable('security_events', {
  sequence: bigserial({ mode: 'number' }).primaryKey(),
  /** `jti` of the token that tells of it. */
  jti: text().notNull().unique(),
  event: jsonb().$type<SecurityEvent>().notNull(),
  createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
});
