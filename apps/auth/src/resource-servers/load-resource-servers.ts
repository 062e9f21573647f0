import { join } from 'node:path';
import { ConfigurationError } from '@countersign/platform';
import { ADMIN_SCOPES, adminResource } from '../admin/admin-scopes.js';
import type { AuthConfig } from '../app.config.js';
import { ACCESS_TOKEN_SECONDS } from './access-token-seconds.js';
import type { SigningAlgorithm } from '../signing-keys/key-ring.js';
import type { AccessTokenKind } from './access-token-kind.js';
import { API_PATHS, API_SCOPES } from './api-scopes.js';
import type { ResourceServer } from './resource-server.js';
import { parseResourceServers, type ResourceServerSettings } from './resource-server-settings.js';
import { ResourceServers } from './resource-servers.js';
import { readOrCreateSharedSecret, readSharedSecret } from './shared-secret.js';

type Settings = Pick<
  AuthConfig,
  | 'ISSUER'
  | 'AUDIENCE'
  | 'ACCESS_TOKEN_ALGORITHM'
  | 'RESOURCE_SERVERS'
  | 'SIGNING_ALGORITHMS'
  | 'DEMO'
  | 'DATA_DIR'
>;

/**
 * The API, the admin API, and the resource servers of the settings; in the demo one of every kind besides.
 *
 * @throws ConfigurationError when a secret is unfit, or when two resource servers could be taken for one.
 */
export function loadResourceServers(settings: Settings): ResourceServers {
  const { ISSUER, AUDIENCE, ACCESS_TOKEN_ALGORITHM, RESOURCE_SERVERS, SIGNING_ALGORITHMS, DEMO } = settings;
  const servers = ResourceServers.of([
    {
      identifier: AUDIENCE,
      parts: API_PATHS.map((path) => `${AUDIENCE.replace(/\/$/, '')}${path}`),
      scopes: API_SCOPES,
      accessTokenSeconds: ACCESS_TOKEN_SECONDS,
      accessToken: { name: ACCESS_TOKEN_ALGORITHM },
      choices: [...SIGNING_ALGORITHMS, 'opaque'],
    },
    {
      identifier: adminResource(ISSUER),
      scopes: ADMIN_SCOPES,
      accessTokenSeconds: ACCESS_TOKEN_SECONDS,
      accessToken: { name: ACCESS_TOKEN_ALGORITHM },
      choices: [],
    },
    ...parseResourceServers(RESOURCE_SERVERS).map(toResourceServer),
    ...(DEMO ? demoResourceServers(settings) : []),
  ]);
  assertKeysFor(servers.signingAlgorithms(), SIGNING_ALGORITHMS);
  return servers;
}

/** Without a key every request for such a token would end in a fault. */
function assertKeysFor(wanted: readonly SigningAlgorithm[], available: readonly SigningAlgorithm[]): void {
  const missing = wanted.filter((algorithm) => !available.includes(algorithm));
  if (missing.length > 0)
    throw new ConfigurationError(
      missing.map((name) => `a resource server has ${name} tokens, but SIGNING_ALGORITHMS has no ${name}`),
    );
}

function toResourceServer(entry: ResourceServerSettings[number]): ResourceServer {
  return {
    identifier: entry.identifier,
    scopes: entry.scopes,
    accessTokenSeconds: entry.access_token_seconds,
    accessToken: toAccessTokenKind(entry),
    choices: [],
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
function demoResourceServers({
  AUDIENCE,
  DATA_DIR,
  SIGNING_ALGORITHMS,
}: Settings): readonly ResourceServer[] {
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
    choices: [],
  }));
}
