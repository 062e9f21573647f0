import { index, jsonb, pgTable, primaryKey, text, timestamp } from 'drizzle-orm/pg-core';
import type { AdapterPayload } from 'oidc-provider';

/** Everything that oidc-provider keeps: grants, sessions, interactions, codes, refresh tokens, opaque access tokens. */
export const artefacts = pgTable(
  'artefacts',
  {
    model: text().notNull(),
    /** The handle, or its SHA-256 where the handle alone would be worth stealing. */
    id: text().notNull(),
    payload: jsonb().$type<AdapterPayload>().notNull(),
    grantId: text('grant_id'),
    clientId: text('client_id'),
    /** Whose it is, or is about to be; what belongs to no person has none. */
    accountId: text('account_id'),
    userCode: text('user_code'),
    uid: text(),
    expiresAt: timestamp('expires_at', { withTimezone: true }),
    consumedAt: timestamp('consumed_at', { withTimezone: true }),
    /** Of a used refresh token: `id` of the one that took its place. */
    successorId: text('successor_id'),
    /** Of an unused refresh token: its handle, which opens with the handle of the one that it took the place of. */
    sealedHandle: text('sealed_handle'),
  },
  (table) => [
    primaryKey({ columns: [table.model, table.id] }),
    index('artefacts_grant_id').on(table.grantId),
    index('artefacts_client_id').on(table.clientId),
    index('artefacts_account_id').on(table.accountId),
    index('artefacts_user_code').on(table.model, table.userCode),
    index('artefacts_uid').on(table.model, table.uid),
    index('artefacts_expires_at').on(table.expiresAt),
  ],
);
