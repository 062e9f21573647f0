import { extname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import {
  FAULTS,
  type SessionAnswer,
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
  private pending = Promise.withResolvers<SessionAnswer>();

  private constructor(private readonly worker: Worker) {
    const end = () => {
      this.pending.resolve({ fault: FAULTS.threadEnded });
    };
    worker.on('message', (answer: SessionAnswer) => {
      this.pending.resolve(answer);
    });
    worker.on('error', end).on('exit', end);
  }

  /** Opens a session and logs in. @throws TokenFault */
  static async open(settings: SessionSettings): Promise<TokenSession> {
    const session = new TokenSession(new Worker(WORKER, { workerData: settings }));
    try {
      await session.answer(OPEN_TIMEOUT_MS);
      return session;
    } catch (error) {
      void session.close(); // which takes as long as the call that did not return
      throw error;
    }
  }

  /** @throws TokenFault; the session is to be closed when it was a timeout, as the answer may still come. */
  async call<Request extends SessionRequest>(
    request: Request,
  ): Promise<SessionResults[Request['operation']]> {
    this.pending = Promise.withResolvers();
    this.worker.postMessage(request);
    return (await this.answer(CALL_TIMEOUT_MS)) as SessionResults[Request['operation']];
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
