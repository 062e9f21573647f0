import { errors, type ResourceServer } from 'oidc-provider';
import { ADMIN_SCOPES, adminResource } from '../admin/admin-scopes.js';
import { ACCESS_TOKEN_SECONDS } from './lifetimes.js';

/** The scopes of the API. An access token for it carries these and no others: never `openid` (RFC 9068 §3). */
export const API_SCOPES = ['orders:read', 'orders:write', 'payments:read', 'payments:write'] as const;

/** A resource server that access tokens are issued for. */
export interface OwnResourceServer {
  /** Resource identifier: the `aud` of its tokens, to the letter. */
  readonly identifier: string;
  readonly scopes: readonly string[];
  /** Whether a client may have its tokens as opaque handles. */
  readonly allowsOpaqueTokens: boolean;
}

/** The API and the issuer's own admin API. */
export function resourceServers(issuer: string, audience: string): readonly OwnResourceServer[] {
  return [
    { identifier: audience, scopes: API_SCOPES, allowsOpaqueTokens: true },
    { identifier: adminResource(issuer), scopes: ADMIN_SCOPES, allowsOpaqueTokens: false },
  ];
}

/**
 * The resource of a request that names none: the API, unless the request is a mere OpenID login. The access token of
 * a login without API scopes is for the userinfo endpoint.
 */
export function defaultResource(scopes: ReadonlySet<string>, audience: string): string | undefined {
  const isLoginOnly = scopes.has('openid') && !API_SCOPES.some((scope) => scopes.has(scope));
  return isLoginOnly ? undefined : audience;
}

/** @throws errors.InvalidTarget when a request names a resource that is not ours, or several. */
export function assertOwnResource(requested: unknown, servers: readonly OwnResourceServer[]): void {
  if (requested !== undefined && !servers.some(({ identifier }) => identifier === requested)) {
    throw new errors.InvalidTarget();
  }
}

/**
 * The resource server that a token is asked for.
 *
 * @throws errors.InvalidTarget when it is not ours, or when several are named: a token is for one resource server,
 * or each of them could use it at the others (RFC 8707 §2, RFC 9068 §3).
 */
export function resolveResourceServer(
  indicator: string,
  requested: unknown,
  { servers, format }: { readonly servers: readonly OwnResourceServer[]; readonly format: 'jwt' | 'opaque' },
): ResourceServer {
  const server = servers.find(({ identifier }) => identifier === indicator);
  if (server === undefined || Array.isArray(requested)) throw new errors.InvalidTarget();
  return {
    audience: server.identifier,
    scope: server.scopes.join(' '),
    accessTokenTTL: ACCESS_TOKEN_SECONDS,
    accessTokenFormat: server.allowsOpaqueTokens ? format : 'jwt',
    jwt: { sign: { alg: 'RS256' } },
  };
}
