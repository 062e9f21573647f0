import { z } from 'zod';
import { basic, tokenRequest, type TokenAnswer } from './token-endpoint.ts';

type Parameters = Readonly<Record<string, string | undefined>>;

const tokenAnswer = z.looseObject({ access_token: z.string() });

/** A token request of a client of the demo, whose secret is its name with `-secret`. */
export function requestAs(issuer: string, clientId: string, parameters: Parameters): Promise<TokenAnswer> {
  return tokenRequest(issuer, parameters, basic(clientId, `${clientId}-secret`));
}

/** An access token by client credentials. @throws ZodError when the answer has none */
export async function tokenFor(issuer: string, clientId: string, parameters: Parameters): Promise<string> {
  const request = { grant_type: 'client_credentials', scope: 'orders:read', ...parameters };
  return tokenAnswer.parse((await requestAs(issuer, clientId, request)).body).access_token;
}
