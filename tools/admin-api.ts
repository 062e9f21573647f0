import { readFileSync } from 'node:fs';
import { z } from 'zod';

const CLIENT_ID = 'countersign-admin';
/** What the stack has that `npm start` brings up; a stack that is not a demo does not take it. */
const DEMO_SECRET = 'admin-demo-secret';
const TIMEOUT_MS = 10_000;

/** Why a call did not come about, in one line for the operator. */
export class AdminApiError extends Error {
  override readonly name = 'AdminApiError';
}

const tokenAnswer = z.looseObject({ access_token: z.string() });
const oauthError = z.looseObject({ error: z.string(), error_description: z.string().optional() });
const problem = z.looseObject({ detail: z.string(), code: z.string().optional() });

export interface AdminApiOptions {
  readonly issuer: string;
  readonly clientSecret: string;
  /** The scopes that the calls need, with a space between. */
  readonly scope: string;
}

/** The issuer's admin API, called as the client countersign-admin. */
export class AdminApi {
  private readonly options: AdminApiOptions;
  private accessToken: string | undefined;

  constructor(options: AdminApiOptions) {
    this.options = options;
  }

  /** With `ISSUER`, and `ADMIN_CLIENT_SECRET` or `ADMIN_CLIENT_SECRET_FILE`; the defaults are those of `npm start`. */
  static fromEnvironment(scope: string, environment: Readonly<Record<string, string | undefined>>): AdminApi {
    const issuer = environment['ISSUER'] || 'http://localhost:3001';
    if (!URL.canParse(issuer)) throw new AdminApiError('ISSUER is not a URL');
    return new AdminApi({ issuer, clientSecret: clientSecretOf(environment), scope });
  }

  /**
   * Calls the admin API.
   *
   * @param path behind `/admin`
   * @returns the JSON that it answers; null when it answers none
   * @throws AdminApiError
   */
  async call(
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    body?: object,
  ): Promise<unknown> {
    this.accessToken ??= await this.obtainToken();
    const headers = new Headers({ authorization: `Bearer ${this.accessToken}` });
    if (body !== undefined) headers.set('content-type', 'application/json');
    const response = await this.fetch(`/admin${path}`, {
      method,
      headers,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (response.ok) return text === '' ? null : parseJson(text);
    const { data } = problem.safeParse(parseJson(text));
    throw new AdminApiError(data?.detail ?? `the issuer answered ${response.status}`);
  }

  /** Client credentials (RFC 6749 §4.4) for the admin API alone (RFC 8707). */
  private async obtainToken(): Promise<string> {
    const { issuer, clientSecret, scope } = this.options;
    const credentials = [CLIENT_ID, clientSecret].map(encodeURIComponent).join(':'); // RFC 6749 §2.3.1
    const response = await this.fetch('/token', {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` },
      body: new URLSearchParams({ grant_type: 'client_credentials', resource: `${issuer}/admin`, scope }),
    });
    const answer = parseJson(await response.text());
    if (response.ok) return tokenAnswer.parse(answer).access_token;
    const { data } = oauthError.safeParse(answer);
    if (data?.error === 'invalid_client') {
      throw new AdminApiError(
        `the issuer does not know ${CLIENT_ID} with this secret: compare ADMIN_CLIENT_SECRET with the setting of auth`,
      );
    }
    throw new AdminApiError(
      `no access token: ${data?.error_description ?? data?.error ?? `the issuer answered ${response.status}`}`,
    );
  }

  private async fetch(path: string, request: RequestInit): Promise<Response> {
    const { issuer } = this.options;
    try {
      // A redirect would hand the secret on.
      return await fetch(`${issuer}${path}`, {
        ...request,
        redirect: 'error',
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
    } catch (cause) {
      throw new AdminApiError(`the issuer cannot be reached at ${issuer}: is it running?`, { cause });
    }
  }
}

function clientSecretOf(environment: Readonly<Record<string, string | undefined>>): string {
  const file = environment['ADMIN_CLIENT_SECRET_FILE'];
  if (!file) return environment['ADMIN_CLIENT_SECRET'] || DEMO_SECRET;
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (cause) {
    throw new AdminApiError(`ADMIN_CLIENT_SECRET_FILE: cannot read ${file}`, { cause });
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
