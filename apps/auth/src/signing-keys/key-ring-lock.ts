import type { Orm } from '@countersign/platform/database';
import { sql } from 'drizzle-orm';

/** One number for every replica. */
const KEY_RING_LOCK = 0x6b657973;

/** Waits until nobody else changes the ring, and keeps others from it until the transaction ends. */
export async function lockKeyRing(transaction: Orm): Promise<void> {
  await transaction.execute(sql`SELECT pg_advisory_xact_lock(${KEY_RING_LOCK})`);
}
