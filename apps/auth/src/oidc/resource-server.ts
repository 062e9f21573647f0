import { errors, type ResourceServer } from 'oidc-provider';
import { ACCESS_TOKEN_SECONDS } from './lifetimes.js';

/** The scopes of the API. An access token for it carries these and no others: never `openid` (RFC 9068 §3). */
export const API_SCOPES = ['orders:read', 'orders:write', 'payments:read', 'payments:write'] as const;

/**
 * The resource of a request that names none: the API, unless the request is a mere OpenID login. The access token of
 * a login without API scopes is for the userinfo endpoint.
 */
export function defaultResource(scopes: ReadonlySet<string>, audience: string): string | undefined {
  const isLoginOnly = scopes.has('openid') && !API_SCOPES.some((scope) => scopes.has(scope));
  return isLoginOnly ? undefined : audience;
}

/** @throws errors.InvalidTarget when a request names a resource that is not the API, or several. */
export function assertOwnResource(requested: unknown, audience: string): void {
  if (requested !== undefined && requested !== audience) throw new errors.InvalidTarget();
}

/**
 * The resource server that a token is asked for.
 *
 * @throws errors.InvalidTarget when it is not the API, or when several are named: a token is for one resource server,
 * or each of them could use it at the others (RFC 8707 §2, RFC 9068 §3).
 */
export function resolveResourceServer(
  indicator: string,
  requested: unknown,
  { audience, format }: { readonly audience: string; readonly format: 'jwt' | 'opaque' },
): ResourceServer {
  if (indicator !== audience || Array.isArray(requested)) throw new errors.InvalidTarget();
  return {
    audience,
    scope: API_SCOPES.join(' '),
    accessTokenTTL: ACCESS_TOKEN_SECONDS,
    accessTokenFormat: format,
    jwt: { sign: { alg: 'RS256' } },
  };
}
