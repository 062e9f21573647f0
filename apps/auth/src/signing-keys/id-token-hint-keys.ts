import type { Orm } from '@countersign/platform/database';
import { desc, gt, sql } from 'drizzle-orm';
import { SESSION_SECONDS } from '../oidc/lifetimes.js';
import { idTokenHintKeyRows } from './id-token-hint-keys.table.js';
import type { RingKey } from './key-ring.js';
import type { StoredKey } from './private-key-store.js';
import { addSeconds } from './rotation-policy.js';

/** The schedule gives no reason for more; each is in every oidc-provider. */
const MAX_KEYS = 50;

/** What verifies an `id_token_hint` after its key was deleted, which is long after it signed anything that counts. */
export type IdTokenHintKey = Pick<StoredKey, 'kid' | 'alg' | 'publicJwk'>;

/**
 * Keeps the public half of a key whose row is gone for as long as a session lives: a logout may come with the ID token
 * of its login (RP-Initiated Logout §2). Not of one that was revoked: whoever has it could make hints.
 *
 * @param orm the transaction that deletes the row
 */
export async function keepForIdTokenHints(
  { kid, alg, publicJwk, signingSince, revokedAt }: RingKey & IdTokenHintKey,
  now: Date,
  orm: Orm,
): Promise<void> {
  if (signingSince === null || revokedAt !== null) return;
  const expiresAt = addSeconds(now, SESSION_SECONDS);
  await orm.insert(idTokenHintKeyRows).values({ kid, alg, publicJwk, expiresAt }).onConflictDoNothing();
}

export async function idTokenHintKeys(orm: Orm): Promise<readonly IdTokenHintKey[]> {
  const { kid, alg, publicJwk, expiresAt } = idTokenHintKeyRows;
  return orm
    .select({ kid, alg, publicJwk })
    .from(idTokenHintKeyRows)
    .where(gt(expiresAt, sql`clock_timestamp()`))
    .orderBy(desc(expiresAt))
    .limit(MAX_KEYS);
}
