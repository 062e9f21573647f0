import { setTimeout as delay } from 'node:timers/promises';
import { Logger, type OnApplicationShutdown } from '@nestjs/common';
import { SigningUnavailableError } from '../signing-unavailable-error.js';
import { SessionPool } from './session-pool.js';
import { FAULTS, type SessionRequest, type SessionResults, type TokenSettings } from './session-protocol.js';
import { TokenFault } from './token-session.js';

/** A token that is away is looked for once in this time, by whichever call comes first. */
const RECONNECT_AFTER_MS = 1_000;
/** A call waits for new sessions for as long as this. */
const PATIENCE_MS = 2_000;
/** At start nobody waits for an answer, and a machine that starts everything at a time is slow. */
export const FIRST_PATIENCE_MS = 20_000;

/** Faults of PKCS #11 §11.1.1–4 that new sessions mend, if the token is there. Any other is one of the request. */
const OUTAGE =
  /^CKR_(?:SESSION|DEVICE|TOKEN|USER|SLOT|CRYPTOKI|OBJECT_HANDLE|KEY_HANDLE|GENERAL_ERROR|FUNCTION_FAILED)/;
const OWN_OUTAGES: readonly string[] = [
  FAULTS.keyNotFound,
  FAULTS.timeout,
  FAULTS.threadEnded,
  FAULTS.tokenNotPresent,
];
/** Trying again would lock the token for everyone. */
const FINAL = /^CKR_PIN_/;

/** A PKCS #11 token that may go away and come back. An outage is mended with new sessions, once, and then told. */
export class Pkcs11Token implements OnApplicationShutdown {
  private readonly logger = new Logger(Pkcs11Token.name);
  private pool: SessionPool | undefined;
  private opening: Promise<SessionPool> | undefined;
  private closing: Promise<void> = Promise.resolve();
  private attemptedAt = Number.NEGATIVE_INFINITY;
  private final: TokenFault | undefined;

  constructor(
    private readonly settings: TokenSettings,
    private readonly sessions: number,
  ) {}

  get label(): string {
    return this.settings.label;
  }

  /**
   * Has the token do something.
   *
   * @throws SigningUnavailableError while it is away.
   * @throws TokenFault when it refuses.
   */
  async call<Request extends SessionRequest>(
    request: Request,
  ): Promise<SessionResults[Request['operation']]> {
    const pool = await this.available();
    try {
      return await pool.call(request);
    } catch (error) {
      if (!isOutage(error) || !this.discard(pool, error)) return unavailable(error);
    }
    return this.connect()
      .then((next) => next.call(request))
      .catch(unavailable);
  }

  /** The sessions, whether they sign or not; at no cost while there are some. @throws SigningUnavailableError */
  async available(): Promise<SessionPool> {
    return this.connect().catch(unavailable);
  }

  /** Opens the sessions if there are none. @throws TokenFault */
  async connect(patienceMs = PATIENCE_MS): Promise<SessionPool> {
    if (this.pool !== undefined) return this.pool;
    if (this.final !== undefined) throw this.final;
    if (this.opening === undefined) {
      if (performance.now() - this.attemptedAt < RECONNECT_AFTER_MS)
        throw new TokenFault(FAULTS.tokenNotPresent);
      this.attemptedAt = performance.now();
      this.opening = this.open();
    }
    const patience = Math.max(0, this.attemptedAt + patienceMs - performance.now());
    const pool = await Promise.race([this.opening, delay(patience, undefined, { ref: false })]);
    if (pool === undefined) throw new TokenFault(FAULTS.timeout);
    return pool;
  }

  async onApplicationShutdown(): Promise<void> {
    await this.opening?.catch(() => undefined);
    await this.pool?.close();
    await this.closing;
  }

  /** Threads that are still in a call are waited for: to initialise a module under them is undefined (§11.4). */
  private async open(): Promise<SessionPool> {
    try {
      await this.closing;
      this.pool = await SessionPool.open(this.settings, this.sessions);
      return this.pool;
    } catch (error) {
      if (error instanceof TokenFault && FINAL.test(error.fault)) this.final = error;
      throw error;
    } finally {
      this.opening = undefined;
    }
  }

  /** @returns whether it makes sense to connect again: new sessions that fail as the old ones did mend nothing */
  private discard(pool: SessionPool, fault: TokenFault): boolean {
    if (this.pool !== pool) return true;
    if (performance.now() - this.attemptedAt < RECONNECT_AFTER_MS) return false;
    this.logger.warn(`${fault.message}; connecting again`);
    this.pool = undefined;
    this.closing = pool.close();
    return true;
  }
}

function isOutage(error: unknown): error is TokenFault {
  return error instanceof TokenFault && (OUTAGE.test(error.fault) || OWN_OUTAGES.includes(error.fault));
}

/** @throws SigningUnavailableError for an outage, and any other error as it is. */
function unavailable(error: unknown): never {
  const isPassing =
    isOutage(error) ||
    (error instanceof TokenFault && (error.fault === FAULTS.busy || FINAL.test(error.fault)));
  throw isPassing ? new SigningUnavailableError(error.message) : error;
}
