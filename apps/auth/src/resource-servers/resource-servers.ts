import { ConfigurationError } from '@countersign/platform';
import { isSigningAlgorithm } from './access-token-kind.js';
import type { ResourceServer } from './resource-server.js';
import type { SigningAlgorithm } from '../signing-keys/key-ring.js';

/** What a login asks for (OpenID Connect Core §5.4, §11): a resource server that took such a name could be granted by a login. */
const LOGIN_SCOPES: ReadonlySet<string> = new Set(['openid', 'profile', 'email', 'offline_access']);

/** The resource servers of this issuer, by their identifiers. */
export class ResourceServers {
  private readonly byIdentifier: ReadonlyMap<string, ResourceServer>;

  private constructor(private readonly servers: readonly ResourceServer[]) {
    this.byIdentifier = new Map(servers.map((server) => [server.identifier, server]));
  }

  /** @throws ConfigurationError naming every resource server that could be taken for another. */
  static of(servers: readonly ResourceServer[]): ResourceServers {
    const faults = [...identifierFaults(servers), ...scopeFaults(servers), ...secretFaults(servers)];
    if (faults.length > 0) throw new ConfigurationError(faults);
    return new ResourceServers(servers);
  }

  /** Compares to the letter: an identifier that differs by a slash is another one. */
  find(identifier: string): ResourceServer | undefined {
    return this.byIdentifier.get(identifier);
  }

  /** The server that a client means: by its identifier, or by the URL of one of its resources. */
  resolve(indicator: string): ResourceServer | undefined {
    return this.find(indicator) ?? this.servers.find(({ parts = [] }) => isPart(indicator, parts));
  }

  identifiers(): readonly string[] {
    return this.servers.map(({ identifier }) => identifier);
  }

  /** Identifiers of those that may get opaque tokens, which they have to introspect. */
  introspected(): readonly string[] {
    return this.servers
      .filter(({ accessToken, choices }) => accessToken.name === 'opaque' || choices.includes('opaque'))
      .map(({ identifier }) => identifier);
  }

  scopes(): readonly string[] {
    return [...new Set(this.servers.flatMap(({ scopes }) => scopes))];
  }

  /** The algorithms that need a signing key. */
  signingAlgorithms(): readonly SigningAlgorithm[] {
    return [...new Set(this.servers.map(({ accessToken }) => accessToken.name).filter(isSigningAlgorithm))];
  }
}

function isPart(indicator: string, parts: readonly string[]): boolean {
  return parts.some((part) => indicator === part || indicator.startsWith(`${part}/`));
}

/** Two servers of one identifier are one audience: with HS256 at one of them its backend could make tokens for the other. */
function identifierFaults(servers: readonly ResourceServer[]): readonly string[] {
  const identifiers = servers.map(({ identifier }) => identifier);
  return repeated(identifiers).map((identifier) => `two resource servers have the identifier ${identifier}`);
}

function scopeFaults(servers: readonly ResourceServer[]): readonly string[] {
  return servers.flatMap(({ identifier, scopes }) =>
    scopes
      .filter((scope) => LOGIN_SCOPES.has(scope))
      .map((scope) => `resource server ${identifier}: the scope ${scope} is for logins`),
  );
}

/** Whoever shares a secret with another backend can make tokens for it. */
function secretFaults(servers: readonly ResourceServer[]): readonly string[] {
  const secrets = servers.flatMap(({ accessToken }) =>
    accessToken.name === 'HS256' ? [accessToken.secret.export().toString('base64url')] : [],
  );
  return repeated(secrets).length > 0 ? ['two resource servers have the same secret'] : [];
}

function repeated(values: readonly string[]): readonly string[] {
  return [...new Set(values.filter((value, index) => values.indexOf(value) !== index))];
}
