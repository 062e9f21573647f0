import { AuthError } from '../auth-error.js';
import { MAX_PROOF_AGE_SECONDS } from './proof-lifetime.js';

/** The one use of a proof. */
export interface ProofUse {
  /** Digest of the proof's key and `jti`. */
  readonly id: string;
  /** Its `iat`, in seconds since the epoch. */
  readonly issuedAt: number;
}

/** Remembers which proofs were used, for as long as they could be used again (RFC 9449 §11.1). */
export interface UsedProofs {
  /**
   * Takes a use down, in one step: of several at once one is the first.
   *
   * @returns whether it is the first
   * @throws AuthError `proof_untimely` for a proof from a time that is not remembered; `used_proofs_unavailable`
   */
  use(use: ProofUse): Promise<boolean>;
}

export interface MemoryUsedProofsOptions {
  readonly maxProofs: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/**
 * Used proofs in the memory of one process. It forgets nothing that it would take again: when there is no more room the
 * oldest are given up, and from then on everything as old as they are is refused. So is what was made before it
 * started, as nobody knows whether that was used.
 */
export class MemoryUsedProofs implements UsedProofs {
  /** By the second of their `iat`. */
  private readonly bySecond = new Map<number, Set<string>>();
  private givenUpTo: number;
  private sweptAt: number;
  private count = 0;

  constructor(private readonly options: MemoryUsedProofsOptions) {
    this.sweptAt = Math.floor(options.now() / 1_000);
    this.givenUpTo = this.sweptAt - 1;
  }

  /** How many are remembered. */
  get size(): number {
    return this.count;
  }

  async use({ id, issuedAt }: ProofUse): Promise<boolean> {
    const second = Math.floor(issuedAt);
    this.forgetExpired();
    if (this.count >= this.options.maxProofs) this.giveUp(Math.min(...this.bySecond.keys()));
    if (second <= this.givenUpTo) {
      throw new AuthError('proof_untimely', 'the proof is older than what is remembered of used ones');
    }
    const known = this.bySecond.get(second) ?? new Set();
    if (known.has(id)) return false;
    this.bySecond.set(second, known.add(id));
    this.count++;
    return true;
  }

  private forgetExpired(): void {
    const now = Math.floor(this.options.now() / 1_000);
    if (now === this.sweptAt) return;
    this.sweptAt = now;
    for (const second of this.bySecond.keys()) {
      if (second < now - MAX_PROOF_AGE_SECONDS) this.giveUp(second);
    }
  }

  private giveUp(second: number): void {
    this.count -= this.bySecond.get(second)?.size ?? 0;
    this.bySecond.delete(second);
    this.givenUpTo = Math.max(this.givenUpTo, second);
  }
}
