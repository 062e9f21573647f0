import { extname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import {
  FAULTS,
  OPENED,
  type SessionAnswer,
  type SessionCall,
  type SessionOutcome,
  type SessionRequest,
  type SessionResults,
  type SessionSettings,
} from './session-protocol.ts';

/** The thread's code lies beside this, compiled as this is. */
const WORKER = join(import.meta.dirname, `session.worker${extname(import.meta.filename)}`);
/** Much longer than an HSM takes for a signature or a key. */
const CALL_TIMEOUT_MS = 5_000;
/** A thread starts, and loads the module, before it logs in. */
const OPEN_TIMEOUT_MS = 20_000;

/** A call that the token did not do. `fault` is `CKR_…` (PKCS #11 §11.1) or one of FAULTS. */
export class TokenFault extends Error {
  override readonly name = 'TokenFault';

  constructor(readonly fault: string) {
    super(`the PKCS#11 token failed: ${fault}`);
  }
}

/** A session of a token, in a thread of its own. It does one call at a time. */
export class TokenSession {
  private id = OPENED;
  private pending = Promise.withResolvers<SessionOutcome>();

  private constructor(
    private readonly worker: Worker,
    private readonly callTimeoutMs: number,
  ) {
    const end = () => {
      this.pending.resolve({ fault: FAULTS.threadEnded });
    };
    worker.on('message', (answer: SessionAnswer) => {
      if (answer.id === this.id) this.pending.resolve(answer);
    });
    worker.on('error', end).on('exit', end);
  }

  /** Opens a session and logs in. @throws TokenFault */
  static open(settings: SessionSettings): Promise<TokenSession> {
    return TokenSession.over(new Worker(WORKER, { workerData: settings }), CALL_TIMEOUT_MS);
  }

  /** A session in a thread that was started, and answers when it is open. @throws TokenFault */
  static async over(thread: Worker, callTimeoutMs: number): Promise<TokenSession> {
    const session = new TokenSession(thread, callTimeoutMs);
    try {
      await session.answer(OPEN_TIMEOUT_MS);
      return session;
    } catch (error) {
      void session.close(); // which takes as long as the call that did not return
      throw error;
    }
  }

  /** @throws TokenFault; after a timeout the answer may still come, and is not taken for that of a later call. */
  async call<Request extends SessionRequest>(
    request: Request,
  ): Promise<SessionResults[Request['operation']]> {
    this.pending = Promise.withResolvers();
    this.id++;
    this.worker.postMessage({ id: this.id, request } satisfies SessionCall);
    return (await this.answer(this.callTimeoutMs)) as SessionResults[Request['operation']];
  }

  /** Ends the thread, as soon as the call that it is in returns. */
  async close(): Promise<void> {
    await this.worker.terminate();
  }

  private async answer(timeoutMs: number): Promise<unknown> {
    const { resolve, promise } = this.pending;
    const timer = setTimeout(() => {
      resolve({ fault: FAULTS.timeout });
    }, timeoutMs);
    const answer = await promise;
    clearTimeout(timer);
    if ('fault' in answer) throw new TokenFault(answer.fault);
    return answer.result;
  }
}
