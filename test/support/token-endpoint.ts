import { z } from 'zod';

export interface TokenAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

/** The answer to a login: RFC 6749 §5.1 and OpenID Connect Core §3.1.3.3. */
export const tokens = z.looseObject({
  access_token: z.string(),
  token_type: z.string(),
  expires_in: z.number(),
  refresh_token: z.string(),
  /** Not when the scope leaves out `openid`. */
  id_token: z.string().optional(),
  scope: z.string(),
});

export type Tokens = z.output<typeof tokens>;

const clientToken = tokens.pick({ access_token: true });

/** Sends a token request (RFC 6749 §3.2). Parameters that are undefined are left out. */
export async function tokenRequest(
  issuer: string,
  parameters: Readonly<Record<string, string | undefined>>,
  headers: Readonly<Record<string, string>> = {},
): Promise<TokenAnswer> {
  const body = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) body.set(name, value);
  const response = await fetch(`${issuer}/token`, { method: 'POST', body, headers });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

/** RFC 6749 §2.3.1 */
export function basic(clientId: string, secret: string): { readonly authorization: string } {
  return { authorization: `Basic ${Buffer.from(`${clientId}:${secret}`).toString('base64')}` };
}

/** An access token of demo-service, without a person (RFC 6749 §4.4). */
export async function serviceToken(issuer: string, scope = 'orders:read payments:read'): Promise<string> {
  const credentials = basic('demo-service', 'demo-service-secret');
  const { body } = await tokenRequest(issuer, { grant_type: 'client_credentials', scope }, credentials);
  return clientToken.parse(body).access_token;
}
