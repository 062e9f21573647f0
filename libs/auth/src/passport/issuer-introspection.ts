import { Logger } from '@nestjs/common';
import type { ClaimsRules } from '../access-token/claims-checks.js';
import { DiscoveredAddress } from '../introspection/discovered-address.js';
import { IntrospectionEndpoint, type IntrospectionAddress } from '../introspection/introspection-endpoint.js';
import type { IntrospectionOutcome } from '../introspection/introspected-tokens.js';
import { OpaqueTokenVerifier } from '../introspection/opaque-token-verifier.js';
import { discover } from './discovery.js';
import type { IssuerEvents } from './issuer-events.js';

export interface IntrospectionOptions {
  /** Where the issuer introspects; null asks its discovery document. */
  readonly uri: string | null;
  /** A client that the issuer shows this API's tokens to. */
  readonly clientId: string;
  readonly clientSecret: string;
}

export interface IssuerIntrospectionOptions extends ClaimsRules {
  readonly introspection?: IntrospectionOptions | null;
}

const TIMEOUT_MS = 1_500;
/** A discovery document of a large issuer. */
const MAX_DISCOVERY_BYTES = 262_144;

/** Introspection of an issuer's opaque access tokens in an app's life. */
export class IssuerIntrospection {
  /** Null where opaque tokens are refused. */
  readonly verifier: OpaqueTokenVerifier | null;
  private readonly logger = new Logger(IssuerIntrospection.name);

  constructor(options: IssuerIntrospectionOptions, { revocations }: Pick<IssuerEvents, 'revocations'>) {
    const { issuer, introspection = null } = options;
    this.verifier = null;
    if (introspection === null) return;
    const { uri, clientId, clientSecret } = introspection;
    const address = uri === null ? this.discoveredAddress(issuer) : configuredAddress(uri);
    const endpoint = new IntrospectionEndpoint({ address, clientId, clientSecret });
    this.verifier = new OpaqueTokenVerifier({
      ...options,
      endpoint,
      timeoutMs: TIMEOUT_MS,
      revocations,
      now: Date.now,
    });
  }

  /** How many introspections ended how; undefined without introspection. */
  get outcomes(): Readonly<Record<IntrospectionOutcome, number>> | undefined {
    return this.verifier?.outcomes;
  }

  private discoveredAddress(issuer: string): IntrospectionAddress {
    const limits = { timeoutMs: TIMEOUT_MS, maxBytes: MAX_DISCOVERY_BYTES };
    return new DiscoveredAddress({
      discover: () => discover(issuer, 'introspection_endpoint', limits),
      onWarning: (message) => this.logger.warn(message),
      now: Date.now,
    });
  }
}

/** Whoever configured it knows better than the issuer. */
function configuredAddress(uri: string): IntrospectionAddress {
  return { find: () => Promise.resolve(uri), doubt: () => undefined };
}
