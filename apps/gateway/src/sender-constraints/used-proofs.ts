import { MemoryUsedProofs, RedisUsedProofs, type UsedProofs } from '@countersign/auth/passport';
import type { RedisConnection } from '@countersign/platform/redis';

export const USED_PROOFS = Symbol('used proofs');

/** Of the last five minutes: 3,300 new ones a second. Beyond that the oldest are given up, and refused. */
const MAX_PROOFS = 1_000_000;
/** Redis answers in less than a millisecond; who waits longer is told 503. */
const TIMEOUT_MS = 250;

/** Which DPoP proofs were used, at all replicas with Redis, or here alone. */
export function makeUsedProofs(redis: RedisConnection | null): UsedProofs {
  if (redis === null) return new MemoryUsedProofs({ maxProofs: MAX_PROOFS, now: Date.now });
  return new RedisUsedProofs({
    command: (parts) => redis.command(parts),
    timeoutMs: TIMEOUT_MS,
    now: Date.now,
  });
}
