import { setTimeout as delay } from 'node:timers/promises';
import { AuthError, type AuthErrorCode } from '../auth-error.js';
import { describeError } from '../describe-error.js';
import type { KeyStore } from '../jose/key-store.js';
import type { EventStream, Poll } from './event-stream.js';
import type { Revocations } from './revocations.js';
import type { SecurityEvent } from './security-event.js';
import type { SecurityEventTokenVerifier } from './security-event-token-verifier.js';

export interface EventReceiverOptions {
  readonly stream: Pick<EventStream, 'poll'>;
  readonly verifier: Pick<SecurityEventTokenVerifier, 'verify'>;
  readonly revocations: Revocations;
  readonly keys: Pick<KeyStore, 'revoke' | 'reload' | 'ageMs'>;
  readonly onWarning: (message: string) => void;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** From 0 to 1. */
  readonly random: () => number;
}

const FIRST_RETRY_MS = 250;
const MAX_RETRY_MS = 5_000;
/** At start, before the first answer. */
const ATTEMPTS_PER_WARNING = 40;
/** While no event comes, a revoked key shows itself by its absence: the key set is not let grow older than this. */
const KEYS_WITHOUT_EVENTS_MS = 30_000;
/** An issuer that answers at once with nothing (it is being stopped) is not asked again at once. */
const IDLE_PAUSE_MS = 200;

/** Hears what the issuer revokes, applies it, and acknowledges it with the next poll. */
export class EventReceiver {
  private ack: string[] = [];
  private setErrs: Record<string, { err: string; description: string }> = {};
  private answeredAt: number;
  private isCaughtUp = false;
  private failures = 0;

  constructor(private readonly options: EventReceiverOptions) {
    this.answeredAt = options.now();
  }

  /** Milliseconds since the stream last said something, or since the start. A wait takes 30 seconds at most. */
  get ageMs(): number {
    return this.options.now() - this.answeredAt;
  }

  /** Polls until the signal. It never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.step(signal);
        if (this.failures > 0) this.options.onWarning('the event stream answers again');
        this.failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        await this.recover(error, signal);
      }
    }
  }

  /** One poll. Applying comes before acknowledging: what is lost in between is delivered again, and changes nothing. */
  async step(signal: AbortSignal): Promise<void> {
    const request: Poll = { ack: this.ack, setErrs: this.setErrs, returnImmediately: !this.isCaughtUp };
    const askedAt = this.options.now();
    const { sets, moreAvailable } = await this.options.stream.poll(request, signal);
    this.ack = [];
    this.setErrs = {};
    const left: AuthError[] = [];
    for (const [jti, token] of sets) left.push(...(await this.take(jti, token)));
    if (left[0] !== undefined) throw left[0];
    this.answeredAt = this.options.now();

    if (!this.isCaughtUp && !moreAvailable) {
      this.isCaughtUp = true;
      this.options.revocations.setKnown();
    } else if (sets.length === 0 && this.answeredAt - askedAt < IDLE_PAUSE_MS) {
      await pause(IDLE_PAUSE_MS, signal);
    }
  }

  /** @returns why the token stays unacknowledged, to come again; empty when it is done with */
  private async take(jti: string, token: string): Promise<readonly AuthError[]> {
    try {
      this.apply(await this.options.verifier.verify(token, jti));
      this.ack.push(jti);
      return [];
    } catch (error) {
      if (!(error instanceof AuthError)) throw error;
      if (PASSING.has(error.code)) return [error];
      this.options.onWarning(`an event of the issuer is refused: ${error.message}`);
      this.setErrs[jti] = { err: ERRORS[error.code] ?? 'invalid_request', description: error.code };
      return [];
    }
  }

  private apply(event: SecurityEvent): void {
    const { keys, revocations } = this.options;
    if (event.kind === 'tokens-revoked') revocations.add(event.revocation);
    if (event.kind !== 'key-revoked') return;
    keys.revoke(event.kid);
    this.reloadKeys(); // another key signs now
  }

  private async recover(error: unknown, signal: AbortSignal): Promise<void> {
    const { keys, onWarning, random } = this.options;
    this.failures += 1;
    if (!this.isCaughtUp) {
      // The issuer may be starting too, and nothing is accepted here until it answers: no reason to hold back.
      if (this.failures % ATTEMPTS_PER_WARNING === 0)
        onWarning(`waiting for the event stream: ${describeError(error)}`);
      return pause(FIRST_RETRY_MS, signal);
    }
    if (Math.log2(this.failures) % 1 === 0) onWarning(`no events of the issuer: ${describeError(error)}`);
    if (keys.ageMs > KEYS_WITHOUT_EVENTS_MS) this.reloadKeys();
    const longest = Math.min(FIRST_RETRY_MS * 2 ** (this.failures - 1), MAX_RETRY_MS);
    return pause((longest / 2) * (1 + random()), signal);
  }

  private reloadKeys(): void {
    this.options.keys.reload().catch((error: unknown) => {
      this.options.onWarning(`the keys could not be fetched: ${describeError(error)}`);
    });
  }
}

/** Of the key and not of the event: each delivery is signed anew, with the key that signs then. */
const PASSING: ReadonlySet<AuthErrorCode> = new Set(['keys_unavailable', 'key_unknown', 'token_revoked']);

/** RFC 8935 §2.4 */
const ERRORS: Partial<Record<AuthErrorCode, string>> = {
  signature_invalid: 'invalid_key',
  issuer_untrusted: 'invalid_issuer',
  audience_mismatch: 'invalid_audience',
};

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => undefined);
}
