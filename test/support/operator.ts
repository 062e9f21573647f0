import { z } from 'zod';
import { DemoWebClient, REDIRECT_URI } from './demo-web-client.ts';
import { basic, tokenRequest, type Tokens } from './token-endpoint.ts';

const SECRET = process.env['ADMIN_CLIENT_SECRET'] ?? 'admin-demo-secret';
const ALL_SCOPES = 'keys:admin clients:admin accounts:admin';

const issued = z.looseObject({ access_token: z.string() });

export interface AdminAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed JSON; undefined when there is no body. */
  readonly body: unknown;
}

/** Calls the admin API of an issuer, with one access token or with none. */
export class AdminCaller {
  private readonly issuer: string;
  private readonly accessToken: string | undefined;

  constructor(issuer: string, accessToken?: string) {
    this.issuer = issuer;
    this.accessToken = accessToken;
  }

  async call(method: string, path: string, body?: unknown): Promise<AdminAnswer> {
    const headers = new Headers();
    if (this.accessToken !== undefined) headers.set('authorization', `Bearer ${this.accessToken}`);
    if (body !== undefined) headers.set('content-type', 'application/json');
    const init = { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) };
    const response = await fetch(`${this.issuer}/admin${path}`, init);
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: text === '' ? undefined : JSON.parse(text),
    };
  }
}

/** An access token for the admin API, by client credentials. */
export async function adminToken(
  issuer: string,
  { scope = ALL_SCOPES, clientId = 'countersign-admin', secret = SECRET } = {},
): Promise<string> {
  const parameters = { grant_type: 'client_credentials', resource: `${issuer}/admin`, scope };
  const { body } = await tokenRequest(issuer, parameters, basic(clientId, secret));
  return issued.parse(body).access_token;
}

/** The operator, as his command line calls. */
export async function operator(issuer: string): Promise<AdminCaller> {
  return new AdminCaller(issuer, await adminToken(issuer));
}

/** Logs a person in to a public client that was registered with this redirect URI. */
export async function logInTo(
  issuer: string,
  clientId: string,
  email: string,
  request: { readonly scope: string; readonly resource?: string },
): Promise<Tokens> {
  const web = new DemoWebClient(issuer);
  const code = await web.obtainCode(email, { client_id: clientId, ...request });
  const answer = await web.exchange(code, { client_id: clientId, resource: request.resource });
  return z.looseObject({ access_token: z.string() }).parse(answer.body) as Tokens;
}

/** Metadata of a public client that people can log in to in tests. */
export function publicClient(clientId: string, scope: string): Record<string, unknown> {
  return {
    client_id: clientId,
    token_endpoint_auth_method: 'none',
    grant_types: ['authorization_code', 'refresh_token'],
    redirect_uris: [new URL(REDIRECT_URI).href.replace(/:\d+\//, '/')],
    scope,
  };
}
