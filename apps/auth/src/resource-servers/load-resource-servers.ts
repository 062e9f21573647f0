import { join } from 'node:path';
import { ConfigurationError } from '@countersign/platform';
import { ADMIN_SCOPES, adminResource } from '../admin/admin-scopes.js';
import type { AuthConfig } from '../app.config.js';
import { API_SCOPES } from '../oidc/resource-server.js';
import { ACCESS_TOKEN_SECONDS } from '../oidc/lifetimes.js';
import { SIGNING_ALGORITHMS } from '../signing-keys/key-ring.js';
import type { AccessTokenKind } from './access-token-kind.js';
import type { ResourceServer } from './resource-server.js';
import { parseResourceServers, type ResourceServerSettings } from './resource-server-settings.js';
import { ResourceServers } from './resource-servers.js';
import { readOrCreateSharedSecret, readSharedSecret } from './shared-secret.js';

type Settings = Pick<
  AuthConfig,
  'ISSUER' | 'AUDIENCE' | 'ACCESS_TOKEN_ALGORITHM' | 'RESOURCE_SERVERS' | 'DEMO' | 'DATA_DIR'
>;

/**
 * The API, the admin API, and the resource servers of the settings; in the demo one of every kind besides.
 *
 * @throws ConfigurationError when a secret is unfit, or when two resource servers could be taken for one.
 */
export function loadResourceServers(settings: Settings): ResourceServers {
  const { ISSUER, AUDIENCE, ACCESS_TOKEN_ALGORITHM, RESOURCE_SERVERS, DEMO } = settings;
  return ResourceServers.of([
    {
      identifier: AUDIENCE,
      scopes: API_SCOPES,
      accessTokenSeconds: ACCESS_TOKEN_SECONDS,
      accessToken: { name: ACCESS_TOKEN_ALGORITHM },
      clientsChoose: true,
    },
    {
      identifier: adminResource(ISSUER),
      scopes: ADMIN_SCOPES,
      accessTokenSeconds: ACCESS_TOKEN_SECONDS,
      accessToken: { name: ACCESS_TOKEN_ALGORITHM },
      clientsChoose: false,
    },
    ...parseResourceServers(RESOURCE_SERVERS).map(toResourceServer),
    ...(DEMO ? demoResourceServers(settings) : []),
  ]);
}

function toResourceServer(entry: ResourceServerSettings[number]): ResourceServer {
  return {
    identifier: entry.identifier,
    scopes: entry.scopes,
    accessTokenSeconds: entry.access_token_seconds,
    accessToken: toAccessTokenKind(entry),
    clientsChoose: false,
  };
}

function toAccessTokenKind(entry: ResourceServerSettings[number]): AccessTokenKind {
  if (entry.access_token !== 'HS256') return { name: entry.access_token };
  try {
    return { name: 'HS256', secret: readSharedSecret(entry.secret_file) };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new ConfigurationError([
      `resource server ${entry.identifier}: the secret in ${entry.secret_file} ${error.message}`,
    ]);
  }
}

/** The same scopes as the API's, so that one request gives a token of any kind by its `resource` alone. */
function demoResourceServers({ AUDIENCE, DATA_DIR }: Settings): readonly ResourceServer[] {
  const kinds: readonly AccessTokenKind[] = [
    ...SIGNING_ALGORITHMS.map((name) => ({ name })),
    { name: 'opaque' },
    { name: 'HS256', secret: readOrCreateSharedSecret(join(DATA_DIR, 'auth', 'demo-hs256-secret')) },
  ];
  return kinds.map((accessToken) => ({
    identifier: `${AUDIENCE}/demo/${accessToken.name.toLowerCase()}`,
    scopes: API_SCOPES,
    accessTokenSeconds: ACCESS_TOKEN_SECONDS,
    accessToken,
    clientsChoose: false,
  }));
}
