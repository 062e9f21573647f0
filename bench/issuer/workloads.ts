import { Agent } from 'node:http';
import { decodeProtectedHeader } from 'jose';
import { z } from 'zod';
import { form, send } from '../load/http.ts';
import { SCOPE, SERVICE, WEB, type Algorithm, type IssuerUnderTest } from './issuer-under-test.ts';

export type Request = (connection: number) => Promise<void>;

const tokenAnswer = z.looseObject({ access_token: z.string(), refresh_token: z.string().optional() });
type TokenAnswer = z.output<typeof tokenAnswer>;

const BASIC = { authorization: `Basic ${Buffer.from(`${SERVICE.id}:${SERVICE.secret}`).toString('base64')}` };

/** A token for a service (RFC 6749 §4.4). */
export function clientCredentials({ url }: IssuerUnderTest, algorithm: Algorithm): Request {
  const agent = new Agent({ keepAlive: true });
  const request = form({ grant_type: 'client_credentials', scope: SCOPE }, BASIC);
  return async () => {
    const { status, text } = await send(agent, `${url}/token`, request);
    parse(status, text, algorithm);
  };
}

/** Each connection refreshes with what it was given last (RFC 6749 §6, RFC 9700 §4.14.2). */
export async function refresh(
  issuer: IssuerUnderTest,
  algorithm: Algorithm,
  connections: number,
): Promise<Request> {
  const agent = new Agent({ keepAlive: true });
  const tokens = await issuer.refreshTokens(connections);
  return async (connection) => {
    const parameters = {
      grant_type: 'refresh_token',
      client_id: WEB,
      refresh_token: tokens[connection] ?? '',
    };
    const { status, text } = await send(agent, `${issuer.url}/token`, form(parameters));
    const next = parse(status, text, algorithm).refresh_token;
    if (next === undefined || next === tokens[connection])
      throw new Error('the refresh token was not rotated');
    tokens[connection] = next;
  };
}

export function jwks({ url }: Pick<IssuerUnderTest, 'url'>): Request {
  const agent = new Agent({ keepAlive: true });
  return async () => {
    const { status, text } = await send(agent, `${url}/.well-known/jwks.json`, { method: 'GET' });
    if (status !== 200 || !text.startsWith('{"keys":[')) throw new Error(`${status} ${text}`);
  };
}

/** Also that it is signed as it should be: what is compared must do the same work. */
function parse(status: number, text: string, algorithm: Algorithm): TokenAnswer {
  if (status !== 200) throw new Error(`${status} ${text}`);
  const answer = tokenAnswer.parse(JSON.parse(text));
  const { alg, typ } = decodeProtectedHeader(answer.access_token);
  if (alg !== algorithm || typ !== 'at+jwt') throw new Error(`the token is ${alg} ${typ}, not ${algorithm}`);
  return answer;
}
