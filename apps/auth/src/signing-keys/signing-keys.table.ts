import { sql } from 'drizzle-orm';
import { check, jsonb, pgTable, text, timestamp, uniqueIndex } from 'drizzle-orm/pg-core';
import type { JWK } from 'jose';
import type { SigningAlgorithm, SigningKeyState } from './key-ring.js';

export const signingKeys = pgTable(
  'signing_keys',
  {
    kid: text().primaryKey(),
    alg: text().$type<SigningAlgorithm>().notNull(),
    state: text().$type<SigningKeyState>().notNull(),
    publicJwk: jsonb('public_jwk').$type<JWK>().notNull(),
    /** Envelope of the private JWK, bound to `kid` and `alg`. */
    encryptedPrivateKey: text('encrypted_private_key'),
    /** PKCS#11 URI (RFC 7512) of a private key that is in an HSM. */
    privateKeyUri: text('private_key_uri'),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
    announcedAt: timestamp('announced_at', { withTimezone: true }).notNull().defaultNow(),
    signingSince: timestamp('signing_since', { withTimezone: true }),
    retiredAt: timestamp('retired_at', { withTimezone: true }),
    revokedAt: timestamp('revoked_at', { withTimezone: true }),
  },
  (table) => [
    uniqueIndex('signing_keys_one_signs_per_alg')
      .on(table.alg)
      .where(sql`${table.state} = 'signing'`),
    check(
      'signing_keys_in_one_place',
      sql`num_nonnulls(${table.encryptedPrivateKey}, ${table.privateKeyUri}) = 1`,
    ),
  ],
);
