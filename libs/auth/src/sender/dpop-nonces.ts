import { createHmac } from 'node:crypto';

export interface DpopNoncesOptions {
  /** 32 bytes each, the same at every replica. The first makes nonces; the others are those that it takes over from. */
  readonly keys: readonly Uint8Array[];
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

const MIN_KEY_BYTES = 32;
/** For how long one nonce is given out. It is taken for as long again: a client that it was just told has to use it. */
const PERIOD_SECONDS = 120;

/**
 * The nonces that proofs have to carry (RFC 9449 §8, §9), so that none can be made in advance: by someone who has the
 * client's key for a while, or for a time at which he no longer has it (§11.2).
 *
 * Nothing is stored: a nonce is a MAC of the time. Replicas whose clocks are apart by less than a period take each
 * other's.
 */
export class DpopNonces {
  private period = Number.NaN;
  private accepted: ReadonlySet<string> = new Set();
  private newest = '';

  constructor(private readonly options: DpopNoncesOptions) {
    const { keys } = options;
    if (keys.length === 0 || keys.some((key) => key.byteLength < MIN_KEY_BYTES)) {
      throw new TypeError(`nonces need keys of ${MIN_KEY_BYTES} bytes`);
    }
  }

  /** What a client is to put into its next proof. */
  current(): string {
    this.moveOn();
    return this.newest;
  }

  isValid(nonce: string): boolean {
    this.moveOn();
    return this.accepted.has(nonce);
  }

  private moveOn(): void {
    const period = Math.floor(this.options.now() / 1_000 / PERIOD_SECONDS);
    if (period === this.period) return;
    const { keys } = this.options;
    const periods = [period, period - 1, period + 1]; // the last of a replica whose clock is ahead
    const nonces = keys.flatMap((key) => periods.map((of) => makeNonce(key, of)));
    this.period = period;
    this.accepted = new Set(nonces);
    [this.newest = ''] = nonces;
  }
}

function makeNonce(key: Uint8Array, period: number): string {
  return createHmac('sha256', key).update(`countersign DPoP-Nonce ${period}`).digest('base64url');
}
