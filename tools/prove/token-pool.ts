import { Agent } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { z } from 'zod';
import { form, send } from '../../bench/load/http.ts';
import { DemoWebClient } from '../../test/support/demo-web-client.ts';
import { basic } from '../../test/support/token-endpoint.ts';

const SCOPE = 'orders:read payments:read';
const SERVICE = {
  parameters: { grant_type: 'client_credentials', scope: SCOPE },
  ...basic('demo-service', 'demo-service-secret'),
};
/** Not used any more when it has so little to live: the gateway might see it expired. */
const MARGIN_SECONDS = 10;
const ATTEMPTS = 20;
const RETRY_MS = 100;

const answer = z.looseObject({ access_token: z.string(), refresh_token: z.string().optional() });

/** An access token as its client has it, with what a proof wants to know of it. */
export interface HeldToken {
  readonly text: string;
  readonly kid: string;
  readonly alg: string;
  readonly expiresAtMs: number;
}

/** Access tokens of all ages, which are obtained as long as the pool runs: from client credentials and refreshes. */
export class TokenPool {
  /** Token requests that were sent again, because the replica that they went to died. */
  retries = 0;
  refreshes = 0;
  private readonly issuer: string;
  private readonly agent = new Agent({ keepAlive: true });
  private tokens: HeldToken[] = [];
  private refreshTokens: string[] = [];

  constructor(issuer: string) {
    this.issuer = issuer;
  }

  async logIn(logins: number): Promise<void> {
    const web = new DemoWebClient(this.issuer);
    for (let login = 0; login < logins; login++) {
      this.refreshTokens.push((await web.logIn('customer@example.com')).refresh_token);
    }
  }

  /** Obtains tokens until it is told to stop. @throws Error when one cannot be obtained */
  async run(perSecond: number, until: AbortSignal): Promise<void> {
    for (let turn = 0; !until.aborted; turn++) {
      const began = performance.now();
      await (turn % 4 === 3 && this.refreshTokens.length > 0 ? this.refresh(turn) : this.obtain());
      await delay(Math.max(0, 1_000 / perSecond - (performance.now() - began)));
    }
  }

  /** A token of a client's own, which joins the pool. @param origin of a replica, if not the balancer's */
  async obtain(origin = this.issuer): Promise<HeldToken> {
    const { authorization, parameters } = SERVICE;
    return this.hold((await this.request(origin, parameters, { authorization })).access_token);
  }

  /** Any of the tokens that are still good, so that old ones are used as often as new ones. */
  pick(): HeldToken {
    const soon = Date.now() + MARGIN_SECONDS * 1_000;
    if ((this.tokens[0]?.expiresAtMs ?? 0) < soon)
      this.tokens = this.tokens.filter(({ expiresAtMs }) => expiresAtMs >= soon);
    const token = this.tokens[Math.floor(Math.random() * this.tokens.length)];
    if (token === undefined) throw new Error('the pool has no token');
    return token;
  }

  /** Only the tokens of other keys stay. */
  drop(kid: string): void {
    this.tokens = this.tokens.filter((token) => token.kid !== kid);
  }

  private async refresh(turn: number): Promise<void> {
    const index = turn % this.refreshTokens.length;
    const parameters = {
      grant_type: 'refresh_token',
      client_id: 'demo-web',
      refresh_token: this.refreshTokens[index] ?? '',
    };
    const { access_token: text, refresh_token: next } = await this.request(this.issuer, parameters);
    this.refreshTokens[index] = next ?? '';
    this.refreshes++;
    this.hold(text);
  }

  private hold(text: string): HeldToken {
    const { kid = '', alg = '' } = decodeProtectedHeader(text);
    const token = { text, kid, alg, expiresAtMs: (decodeJwt(text).exp ?? 0) * 1_000 };
    this.tokens.push(token);
    return token;
  }

  /** Sent again when no answer came, as any client would; a refusal is final. */
  private async request(
    origin: string,
    parameters: Readonly<Record<string, string>>,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<z.output<typeof answer>> {
    for (let attempt = 1; ; attempt++) {
      try {
        const { status, text } = await send(this.agent, `${origin}/token`, form(parameters, headers));
        if (status === 200) return answer.parse(JSON.parse(text));
        if (status < 500) throw new RefusedError(`${status} ${text}`);
      } catch (error) {
        if (error instanceof RefusedError || attempt === ATTEMPTS) throw error;
      }
      this.retries++;
      await delay(RETRY_MS);
    }
  }
}

class RefusedError extends Error {
  override readonly name = 'RefusedError';
}
