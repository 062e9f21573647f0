import type { IncomingMessage } from 'node:http';
import { AuthError } from '../auth-error.js';

/** RFC 9110 §11.4 and RFC 6750 §2.1: the scheme in any case, spaces, one token68. */
const BEARER = /^bearer +([A-Za-z0-9\-._~+/]+=*)$/i;
const SCHEME = /^bearer(?![A-Za-z0-9!#$%&'*+.^_`|~-])/i;

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
 * @throws AuthError `credentials_missing` without bearer credentials; `credentials_malformed` when they are not well
 * formed or come more than once (RFC 6750 §3.1), as proxies disagree on which of two headers counts
 */
export function bearerToken(request: CredentialsRequest): string {
  const headers = authorizationHeaders(request);
  const [authorization = ''] = headers;
  if (headers.length > 1)
    throw new AuthError('credentials_malformed', 'there are several Authorization headers');
  if (!SCHEME.test(authorization))
    throw new AuthError('credentials_missing', 'there are no bearer credentials');
  if (hasTokenInBody(request.body)) {
    throw new AuthError('credentials_malformed', 'there is a token in the header and another in the body');
  }
  const token = BEARER.exec(authorization)?.[1];
  if (token === undefined)
    throw new AuthError('credentials_malformed', 'the bearer credentials are not one token');
  return token;
}

/** From the raw list: Node's `headers` keeps the first of two and says nothing. */
function authorizationHeaders({
  raw,
  rawHeaders = raw?.rawHeaders ?? [],
}: CredentialsRequest): readonly string[] {
  const values: string[] = [];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    if (rawHeaders[index]?.toLowerCase() === 'authorization') values.push(rawHeaders[index + 1] ?? '');
  }
  return values;
}

function hasTokenInBody(body: unknown): boolean {
  return typeof body === 'object' && body !== null && 'access_token' in body;
}
