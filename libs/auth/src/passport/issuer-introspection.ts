import type { ClaimsRules } from '../access-token/claims-checks.js';
import { IntrospectionEndpoint } from '../introspection/introspection-endpoint.js';
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
  private address: Promise<string> | undefined;

  constructor(options: IssuerIntrospectionOptions, { revocations }: Pick<IssuerEvents, 'revocations'>) {
    const { issuer, introspection = null } = options;
    this.verifier = null;
    if (introspection === null) return;
    const { uri, clientId, clientSecret } = introspection;
    const address = uri === null ? () => this.discoverOnce(issuer) : () => Promise.resolve(uri);
    const endpoint = new IntrospectionEndpoint({ address, clientId, clientSecret, timeoutMs: TIMEOUT_MS });
    this.verifier = new OpaqueTokenVerifier({ ...options, endpoint, revocations, now: Date.now });
  }

  /** How many introspections ended how; undefined without introspection. */
  get outcomes(): Readonly<Record<IntrospectionOutcome, number>> | undefined {
    return this.verifier?.outcomes;
  }

  /** One request for all who wait; what failed is tried again by the next. */
  private discoverOnce(issuer: string): Promise<string> {
    this.address ??= discover(issuer, 'introspection_endpoint', {
      timeoutMs: TIMEOUT_MS,
      maxBytes: MAX_DISCOVERY_BYTES,
    }).catch((error: unknown) => {
      this.address = undefined;
      throw error;
    });
    return this.address;
  }
}
