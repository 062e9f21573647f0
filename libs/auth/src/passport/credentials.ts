import type { IncomingMessage } from 'node:http';
import { AuthError } from '../auth-error.js';

/** Schemes by which an access token is presented: RFC 6750 §2.1, RFC 9449 §7.1. */
export type Scheme = 'Bearer' | 'DPoP';

/** An access token as it was presented; nothing it says is trusted. */
export interface Credentials {
  readonly scheme: Scheme;
  readonly token: string;
}

/** RFC 9110 §11.4: the scheme in any case, spaces, one token68. */
const CREDENTIALS = /^(?:bearer|dpop) +([A-Za-z0-9\-._~+/]+=*)$/i;
const SCHEME = /^(bearer|dpop)(?![A-Za-z0-9!#$%&'*+.^_`|~-])/i;

/** What of a request is read here; Fastify's, Express's and Node's requests fit. */
export interface CredentialsRequest {
  readonly headers: IncomingMessage['headers'];
  readonly raw?: Pick<IncomingMessage, 'rawHeaders'>;
  readonly rawHeaders?: readonly string[];
  readonly body?: unknown;
}

/**
 * Takes the access token from the `Authorization` header, the only place where it is looked for: one in the query
 * would end in logs and histories (OAuth 2.1: such tokens are ignored).
 *
 * @param schemes that are taken; others are no credentials
 * @throws AuthError `credentials_missing` without credentials; `credentials_malformed` when they are not well formed or
 * come more than once (RFC 6750 §3.1), as proxies disagree on which of two headers counts
 */
export function presentedCredentials(request: CredentialsRequest, schemes: readonly Scheme[]): Credentials {
  const headers = headerValues(request, 'authorization');
  const [authorization = ''] = headers;
  if (headers.length > 1)
    throw new AuthError('credentials_malformed', 'there are several Authorization headers');
  const scheme = schemeOf(authorization);
  if (scheme === undefined || !schemes.includes(scheme))
    throw new AuthError('credentials_missing', 'there are no credentials of a scheme that is taken');
  if (hasTokenInBody(request.body)) {
    throw new AuthError('credentials_malformed', 'there is a token in the header and another in the body');
  }
  const token = CREDENTIALS.exec(authorization)?.[1];
  if (token === undefined) throw new AuthError('credentials_malformed', 'the credentials are not one token');
  return { scheme, token };
}

/** The scheme of an `Authorization` header, if it is one by which access tokens are presented. */
export function schemeOf(authorization = ''): Scheme | undefined {
  const scheme = SCHEME.exec(authorization)?.[1];
  if (scheme === undefined) return undefined;
  return scheme.toLowerCase() === 'dpop' ? 'DPoP' : 'Bearer';
}

/**
 * Every value of a header, from the raw list: Node's `headers` keeps the first of two, or joins them, and says nothing.
 *
 * @param name in lower case
 */
export function headerValues(
  { raw, rawHeaders = raw?.rawHeaders ?? [] }: CredentialsRequest,
  name: string,
): readonly string[] {
  const values: string[] = [];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    if (rawHeaders[index]?.toLowerCase() === name) values.push(rawHeaders[index + 1] ?? '');
  }
  return values;
}

function hasTokenInBody(body: unknown): boolean {
  return typeof body === 'object' && body !== null && 'access_token' in body;
}
