import { Module, type DynamicModule, type InjectionToken, type Provider } from '@nestjs/common';
import { APP_GUARD, APP_INTERCEPTOR, ModulesContainer, Reflector } from '@nestjs/core';
import { PassportModule } from '@nestjs/passport';
import type { DecisionListener } from '../access/access-decision.js';
import {
  AccessTokenVerifier,
  type AccessTokenVerifierOptions,
} from '../access-token/access-token-verifier.js';
import { VerifiedTokens } from '../access-token/verified-tokens.js';
import { declaredResources } from '../access/declared-resources.js';
import type { SignatureAlgorithm } from '../jose/signature-algorithm.js';
import type { EventStreamOptions } from '../revocation/event-stream.js';
import type { RevocationCheck } from '../revocation/revocations.js';
import type { Principal } from '../principal.js';
import { AccessTokenStrategy } from './access-token.strategy.js';
import { AccessTokens } from './access-tokens.js';
import { CallerInterceptor } from './caller.interceptor.js';
import { CHALLENGE, DECISION_LISTENER, HttpAccessGuard, type ChallengeOptions } from './http-access.guard.js';
import { IssuerEvents } from './issuer-events.js';
import { IssuerIntrospection, type IntrospectionOptions } from './issuer-introspection.js';
import { IssuerKeys } from './issuer-keys.js';
import { OwnKeys, type PublishedKeys } from './own-keys.js';
import { ResourceMetadata, type ResourceMetadataOptions } from './resource-metadata.js';
import { ResourceMetadataRoutes } from './resource-metadata.routes.js';
import { Senders, type SenderOptions } from './senders.js';

export type AccessTokenOptions = AccessTokenRules & (FetchedKeys | KeysOfOurOwn);

interface FetchedKeys {
  /** Where the issuer's keys are; null asks its discovery document. */
  readonly jwksUri: string | null;
  /** Where the issuer tells what it revokes (RFC 8936); null where it does not: a token then counts until it expires. */
  readonly events: EventStreamOptions | null;
  /** Opaque tokens of the issuer are taken, by introspection (RFC 7662). Without it, or with null, they are refused. */
  readonly introspection?: IntrospectionOptions | null;
}

interface KeysOfOurOwn {
  /** For an issuer that verifies its own tokens: the provider, of a global module, that knows its keys. */
  readonly ownKeys: InjectionToken<PublishedKeys>;
  /** The provider, of a global module, that knows what it has revoked. */
  readonly ownRevocations: InjectionToken<RevocationCheck>;
}

interface AccessTokenRules extends SenderOptions {
  /** `iss` to the letter. */
  readonly issuer: string;
  /** This API's resource identifier, which `aud` has to name. */
  readonly audience: string;
  readonly algorithms: readonly SignatureAlgorithm[];
  /** Clock skew that is forgiven. */
  readonly clockToleranceSeconds: number;
  /** Longest life of an access token that is accepted. */
  readonly maxLifetimeSeconds: number;
  /** What is published of this API (RFC 9728), at `/.well-known/oauth-protected-resource`. Without it, or with null, nothing. */
  readonly metadata?: ResourceMetadataOptions | null;
  /** Makes the transaction token for calls to workloads; null where no workload is called. */
  readonly issueTransactionToken: ((principal: Principal) => string) | null;
  /** Is told of every decision on a route that is not public: for metrics and the audit log. */
  readonly onDecision?: DecisionListener | null;
}

/** Tokens of five minutes, 333 new ones a second; full of tokens like the demo's they take about 230 MiB. */
const VERIFIED_TOKENS = { maxEntries: 100_000, maxBytes: 128 * 1_024 * 1_024 } as const;

/**
 * Verifies access tokens on every route of an HTTP app: Passport's JWT strategy, the issuer's keys, the guard and
 * the caller's context. Every route then needs an `@Access` declaration.
 */
@Module({})
export class AccessTokenModule {
  static forRoot(options: AccessTokenOptions): DynamicModule {
    const { issuer, issueTransactionToken } = options;
    return {
      module: AccessTokenModule,
      imports: [PassportModule],
      providers: [
        ...verification(options),
        AccessTokenStrategy,
        Reflector,
        { provide: Senders, useFactory: () => new Senders(options) },
        { provide: DECISION_LISTENER, useValue: options.onDecision ?? null },
        ...publication(options),
        { provide: APP_GUARD, useClass: HttpAccessGuard },
        {
          provide: APP_INTERCEPTOR,
          useFactory: () => new CallerInterceptor(issueTransactionToken ?? refuseTransactionTokens(issuer)),
        },
      ],
      exports: 'ownKeys' in options ? [] : [IssuerKeys, IssuerEvents, IssuerIntrospection, VerifiedTokens],
    };
  }
}

/** The verifiers, and what they get their keys and answers from. */
function verification(options: AccessTokenOptions): Provider[] {
  const verifierWith = (sources: Pick<AccessTokenVerifierOptions, 'keys' | 'revocations' | 'verified'>) =>
    new AccessTokenVerifier({ ...options, ...sources, now: Date.now });
  if ('ownKeys' in options) {
    return [
      {
        provide: AccessTokens,
        inject: [options.ownKeys, options.ownRevocations],
        useFactory: (source: PublishedKeys, revocations: RevocationCheck) =>
          new AccessTokens(verifierWith({ keys: new OwnKeys(source), revocations, verified: null }), null),
      },
    ];
  }
  return [
    { provide: IssuerKeys, useFactory: () => new IssuerKeys(options) },
    {
      provide: IssuerEvents,
      inject: [IssuerKeys],
      useFactory: (keys: IssuerKeys) => new IssuerEvents(options, keys),
    },
    {
      provide: IssuerIntrospection,
      inject: [IssuerEvents],
      useFactory: (events: IssuerEvents) => new IssuerIntrospection(options, events),
    },
    { provide: VerifiedTokens, useFactory: () => new VerifiedTokens({ ...VERIFIED_TOKENS, now: Date.now }) },
    {
      provide: AccessTokens,
      inject: [IssuerKeys, IssuerEvents, IssuerIntrospection, VerifiedTokens],
      useFactory: (
        keys: IssuerKeys,
        { revocations }: IssuerEvents,
        { verifier }: IssuerIntrospection,
        verified: VerifiedTokens,
      ) => new AccessTokens(verifierWith({ keys, revocations, verified }), verifier),
    },
  ];
}

/** The metadata, and the challenges that tell of them. */
function publication({ issuer, audience, dpop, metadata = null }: AccessTokenRules): Provider[] {
  const dpopAlgorithms = dpop?.algorithms ?? null;
  const challenge = (published: ResourceMetadata | null): ChallengeOptions => ({
    realm: audience,
    dpopAlgorithms,
    metadata: published,
  });
  if (metadata === null) return [{ provide: CHALLENGE, useValue: challenge(null) }];
  return [
    {
      provide: ResourceMetadata,
      inject: [ModulesContainer, Reflector],
      useFactory: (modules: ModulesContainer, reflector: Reflector) =>
        new ResourceMetadata({ ...metadata, issuer, dpopAlgorithms }, declaredResources(modules, reflector)),
    },
    ResourceMetadataRoutes,
    { provide: CHALLENGE, inject: [ResourceMetadata], useFactory: challenge },
  ];
}

function refuseTransactionTokens(issuer: string): (principal: Principal) => string {
  return () => {
    throw new TypeError(
      `no transaction tokens are issued for principals of ${issuer}: issueTransactionToken is null`,
    );
  };
}
