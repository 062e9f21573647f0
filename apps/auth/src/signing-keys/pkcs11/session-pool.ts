import { FAULTS, type SessionRequest, type SessionResults, type TokenSettings } from './session-protocol.ts';
import { TokenFault, TokenSession } from './token-session.ts';

/** Beyond this many signatures that wait, one more would wait too long. */
const MAX_WAITING = 500;

/** Sessions of one token: as many calls at a time as there are sessions, the others in turn. */
export class SessionPool {
  private readonly idle: TokenSession[];
  private readonly waiting: PromiseWithResolvers<TokenSession>[] = [];

  private constructor(private readonly sessions: readonly TokenSession[]) {
    this.idle = [...sessions];
  }

  /** @throws TokenFault */
  static async open(settings: TokenSettings, size: number): Promise<SessionPool> {
    const first = await TokenSession.open({ ...settings, initialize: 'first' });
    const others = await Promise.allSettled(
      Array.from({ length: size - 1 }, () => TokenSession.open({ ...settings, initialize: 'done' })),
    );
    const sessions = others.flatMap((other) => (other.status === 'fulfilled' ? [other.value] : []));
    return new SessionPool([first, ...sessions]);
  }

  /** @throws TokenFault */
  async call<Request extends SessionRequest>(
    request: Request,
  ): Promise<SessionResults[Request['operation']]> {
    const session = this.idle.pop() ?? (await this.wait());
    try {
      return await session.call(request);
    } finally {
      const next = this.waiting.shift();
      if (next === undefined) this.idle.push(session);
      else next.resolve(session);
    }
  }

  /** Ends every session; calls that wait are refused. */
  async close(): Promise<void> {
    for (const { reject } of this.waiting.splice(0)) reject(new TokenFault(FAULTS.threadEnded));
    await Promise.all(this.sessions.map((session) => session.close()));
  }

  private wait(): Promise<TokenSession> {
    if (this.waiting.length >= MAX_WAITING) throw new TokenFault(FAULTS.busy);
    const turn = Promise.withResolvers<TokenSession>();
    this.waiting.push(turn);
    return turn.promise;
  }
}
