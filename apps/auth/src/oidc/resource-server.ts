import { errors, type Client, type ResourceServer as ProvidedResourceServer } from 'oidc-provider';
import type { AccessTokenKind } from '../resource-servers/access-token-kind.js';
import { API_SCOPES } from '../resource-servers/api-scopes.js';
import type { ResourceServer } from '../resource-servers/resource-server.js';
import type { ResourceServers } from '../resource-servers/resource-servers.js';

/**
 * The resource of a request that names none: the API, unless the request is a mere OpenID login. The access token of
 * a login without API scopes is for the userinfo endpoint.
 */
export function defaultResource(scopes: ReadonlySet<string>, audience: string): string | undefined {
  const isLoginOnly = scopes.has('openid') && !API_SCOPES.some((scope) => scopes.has(scope));
  return isLoginOnly ? undefined : audience;
}

/**
 * Looks at the `resource` of a refresh: the granted one, or none.
 *
 * @throws errors.InvalidTarget for another, or for several: a refresh narrows a grant and never moves it (RFC 8707
 * §2.2, RFC 9700 §4.14.2).
 */
export function assertGrantedResource(requested: unknown, granted: ReadonlySet<string>): void {
  if (requested === undefined) return;
  if (typeof requested !== 'string' || !granted.has(requested)) throw new errors.InvalidTarget();
}

/**
 * A client asks for nothing that it is not registered for (OWASP ASVS 10.4.11). oidc-provider looks at the scopes that
 * it knows and lets others pass unanswered.
 *
 * @throws errors.InvalidScope
 */
export function assertRegisteredScopes(requested: ReadonlySet<string>, client: Client): void {
  const registered = new Set(client.scope?.split(' '));
  for (const scope of requested) {
    if (!registered.has(scope)) throw new errors.InvalidScope('requested scope is not allowed', scope);
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
  servers: ResourceServers,
  client: Client,
): ProvidedResourceServer {
  const server = servers.resolve(indicator);
  if (server === undefined || Array.isArray(requested)) throw new errors.InvalidTarget();
  return toProvidedResourceServer(server, accessTokenKindFor(client, server));
}

/** The kind of token that a client gets for a resource server. */
export function accessTokenKindFor(client: Client, server: ResourceServer): AccessTokenKind {
  const isOpaque = client['access_token_format'] === 'opaque';
  const wanted = isOpaque ? 'opaque' : client['access_token_algorithm'];
  const name = server.choices.find((choice) => choice === wanted);
  return name === undefined ? server.accessToken : { name };
}

export function toProvidedResourceServer(
  { identifier, scopes, accessTokenSeconds }: ResourceServer,
  kind: AccessTokenKind,
): ProvidedResourceServer {
  const common = {
    audience: identifier,
    scope: scopes.join(' '),
    accessTokenTTL: accessTokenSeconds,
  };
  switch (kind.name) {
    case 'opaque':
      return { ...common, accessTokenFormat: 'opaque' };
    case 'HS256':
      return { ...common, accessTokenFormat: 'jwt', jwt: { sign: { alg: 'HS256', key: kind.secret } } };
    default:
      return { ...common, accessTokenFormat: 'jwt', jwt: { sign: { alg: kind.name } } };
  }
}
