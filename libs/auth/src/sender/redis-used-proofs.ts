import { AuthError } from '../auth-error.js';
import { describeError } from '../describe-error.js';
import { MAX_PROOF_AGE_SECONDS } from './proof-lifetime.js';
import type { ProofUse, UsedProofs } from './used-proofs.js';

export interface RedisUsedProofsOptions {
  /** Sends a command to Redis 2.6.12 or later, with whatever client: node-redis's `sendCommand`, ioredis's `call`. */
  readonly command: (parts: readonly string[]) => Promise<unknown>;
  /** For an answer; what the client itself does to wait or to try again is not waited for. */
  readonly timeoutMs: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** A replica whose clock is behind takes a proof for longer than ours does. */
const CLOCK_SKEW_SECONDS = 60;

/**
 * Used proofs that the replicas of a resource server share. Without an answer of Redis nobody knows whether a proof was
 * used, so that none is accepted: `used_proofs_unavailable` (503).
 *
 * What Redis forgets can be used again: give it room, and no eviction policy (`noeviction`).
 */
export class RedisUsedProofs implements UsedProofs {
  constructor(private readonly options: RedisUsedProofsOptions) {}

  async use({ id, issuedAt }: ProofUse): Promise<boolean> {
    const goodForSeconds = issuedAt + MAX_PROOF_AGE_SECONDS - this.options.now() / 1_000;
    const ttlMs = Math.ceil((goodForSeconds + CLOCK_SKEW_SECONDS) * 1_000);
    const reply = await this.ask(['SET', `dpop-proof:${id}`, '', 'NX', 'PX', String(ttlMs)]);
    if (reply === null) return false;
    if (reply === 'OK') return true;
    throw new AuthError('used_proofs_unavailable', 'Redis answers something else than was asked');
  }

  private async ask(command: readonly string[]): Promise<unknown> {
    const { promise: isOver, reject } = Promise.withResolvers<never>();
    const { timeoutMs } = this.options;
    const timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
    try {
      return await Promise.race([this.options.command(command), isOver]);
    } catch (cause) {
      throw new AuthError('used_proofs_unavailable', `Redis: ${describeError(cause)}`, { cause });
    } finally {
      clearTimeout(timer);
    }
  }
}
