import { setTimeout as delay } from 'node:timers/promises';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { z } from 'zod';
import { form, type HttpAnswer } from '../../bench/load/http.ts';
import { DemoWebClient } from '../../test/support/demo-web-client.ts';
import { basic } from '../../test/support/token-endpoint.ts';
import type { ReplicaClient } from './replica-client.ts';

const SCOPE = 'orders:read payments:read';
const SERVICE = form(
  { grant_type: 'client_credentials', scope: SCOPE },
  basic('demo-service', 'demo-service-secret'),
);
/** Not used any more when it has so little to live: the gateway might see it expired. */
const MARGIN_SECONDS = 10;

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
  requests = 0;
  refreshes = 0;
  /** What was answered to token requests that failed. */
  readonly failures: string[] = [];
  private readonly issuer: string;
  private readonly client: ReplicaClient;
  private tokens: HeldToken[] = [];
  private refreshTokens: string[] = [];

  constructor(issuer: string, client: ReplicaClient) {
    this.issuer = issuer;
    this.client = client;
  }

  async logIn(logins: number): Promise<void> {
    const web = new DemoWebClient(this.issuer);
    for (let login = 0; login < logins; login++) {
      this.refreshTokens.push((await web.logIn('customer@example.com')).refresh_token);
    }
  }

  /** Obtains tokens until it is told to stop. A request that fails is noted, and not made again. */
  async run(perSecond: number, until: AbortSignal): Promise<void> {
    for (let turn = 0; !until.aborted; turn++) {
      const began = performance.now();
      this.requests++;
      try {
        await (turn % 4 === 3 && this.refreshTokens.length > 0 ? this.refresh(turn) : this.obtain());
      } catch (error) {
        this.failures.push(String(error));
      }
      await delay(Math.max(0, 1_000 / perSecond - (performance.now() - began)));
    }
  }

  /** A token of a client's own, which joins the pool. @throws Error when it is not issued */
  async obtain(): Promise<HeldToken> {
    return this.hold(parse(await this.client.send('/token', SERVICE)).access_token);
  }

  /** The same, of one replica. */
  async obtainFrom(replica: number): Promise<HeldToken> {
    return this.hold(parse(await this.client.sendTo(replica, '/token', SERVICE)).access_token);
  }

  /** Any of the tokens that are still good, so that old ones are used as often as new ones. */
  pick(): HeldToken {
    const soon = Date.now() + MARGIN_SECONDS * 1_000;
    if ((this.tokens[0]?.expiresAtMs ?? 0) < soon)
      this.tokens = this.tokens.filter(({ expiresAtMs }) => expiresAtMs >= soon);
    return present(this.tokens[Math.floor(Math.random() * this.tokens.length)]);
  }

  /** The token that was issued last: the first of a new key, for one who may not know it. */
  newest(): HeldToken {
    return present(this.tokens.at(-1));
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
    const { access_token: text, refresh_token: next } = parse(
      await this.client.send('/token', form(parameters)),
    );
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
}

function parse({ status, text }: HttpAnswer): z.output<typeof answer> {
  if (status !== 200) throw new Error(`/token answered ${status} ${text}`);
  return answer.parse(JSON.parse(text));
}

function present(token: HeldToken | undefined): HeldToken {
  if (token === undefined) throw new Error('the pool has no token');
  return token;
}
