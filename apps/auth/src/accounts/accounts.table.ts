import { boolean, integer, jsonb, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core';
import type { Role } from './account.js';

export const accounts = pgTable('accounts', {
  id: uuid().primaryKey(),
  /** In lower case, so that one address is one account. */
  email: text().notNull().unique(),
  emailVerified: boolean('email_verified').notNull().default(false),
  /** None until the person has chosen a password: by then nobody logs in. */
  passwordHash: text('password_hash'),
  /** Rises with each new password, and when the account is disabled. */
  credentialsVersion: integer('credentials_version').notNull().default(0),
  name: text().notNull(),
  roles: jsonb().$type<readonly Role[]>().notNull(),
  disabledAt: timestamp('disabled_at', { withTimezone: true }),
  createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
});
