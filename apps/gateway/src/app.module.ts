import {
  AccessTokenModule,
  type EventStreamOptions,
  type IntrospectionOptions,
} from '@countersign/auth/passport';
import { AccessDecisions, AccessDecisionsModule, ManagementModule } from '@countersign/platform';
import { ProblemFilter } from '@countersign/platform/http';
import { RedisConnection } from '@countersign/platform/redis';
import { Module, StandardSchemaValidationPipe, type DynamicModule } from '@nestjs/common';
import { APP_FILTER, APP_PIPE } from '@nestjs/core';
import { publicUrl, type GatewayConfig } from './app.config.js';
import { API_TITLE, docsUrl } from './docs/add-docs.js';
import { EventStreamMetrics } from './http/event-stream-metrics.js';
import { IntrospectionMetrics } from './http/introspection-metrics.js';
import { IssuerReadiness } from './http/issuer-readiness.js';
import { KeySetMetrics } from './http/key-set-metrics.js';
import { VerifiedTokenMetrics } from './http/verified-token-metrics.js';
import { MeController } from './me/me.controller.js';
import { OrdersModule } from './orders/orders.module.js';
import { PaymentsModule } from './payments/payments.module.js';
import { clientCertificateOptions, dpopOptions } from './sender-constraints/sender-options.js';
import { UsedProofMetrics } from './sender-constraints/used-proof-metrics.js';
import { makeUsedProofs, USED_PROOFS } from './sender-constraints/used-proofs.js';
import { loadTransactionTokenIssuer } from './transaction-tokens/load-transaction-token-issuer.js';
import { TransactionTokensModule } from './transaction-tokens/transaction-tokens.module.js';
import { WorkloadsModule } from './workloads/workloads.module.js';

/** Clock skew that is forgiven between the issuer and us, in seconds. */
const CLOCK_TOLERANCE_SECONDS = 30;
/** The issuer gives 300 seconds; a token that lives longer than this is not one of its own making. */
const MAX_ACCESS_TOKEN_LIFETIME_SECONDS = 600;

@Module({})
export class AppModule {
  static async forRoot(config: GatewayConfig): Promise<DynamicModule> {
    const decisions = new AccessDecisions();
    const transactionTokens = await loadTransactionTokenIssuer(config);
    const redis = config.REDIS_URL === undefined ? null : new RedisConnection(config.REDIS_URL);
    const usedProofs = makeUsedProofs(redis);
    return {
      module: AppModule,
      imports: [
        ManagementModule.forRoot({ host: config.MANAGEMENT_HOST, port: config.MANAGEMENT_PORT }),
        AccessDecisionsModule.forRoot(decisions),
        AccessTokenModule.forRoot({
          issuer: config.ISSUER,
          jwksUri: config.JWKS_URI ?? null,
          audience: config.AUDIENCE,
          algorithms: config.ALGORITHMS,
          clockToleranceSeconds: CLOCK_TOLERANCE_SECONDS,
          maxLifetimeSeconds: MAX_ACCESS_TOKEN_LIFETIME_SECONDS,
          events: eventStreamOf(config),
          introspection: introspectionOf(config),
          metadata: { url: publicUrl(config), name: API_TITLE, documentation: docsUrl(config) },
          dpop: dpopOptions(config, usedProofs),
          clientCertificates: clientCertificateOptions(config),
          issueTransactionToken: (principal) => transactionTokens.issue(principal),
          onDecision: decisions.note,
        }),
        TransactionTokensModule.forRoot(transactionTokens),
        await WorkloadsModule.forRoot(config),
        OrdersModule,
        PaymentsModule,
      ],
      controllers: [MeController],
      providers: [
        IssuerReadiness,
        EventStreamMetrics,
        IntrospectionMetrics,
        KeySetMetrics,
        VerifiedTokenMetrics,
        UsedProofMetrics,
        { provide: USED_PROOFS, useValue: usedProofs },
        { provide: RedisConnection, useValue: redis }, // it ends with the app
        { provide: APP_PIPE, useClass: StandardSchemaValidationPipe },
        { provide: APP_FILTER, useClass: ProblemFilter },
      ],
    };
  }
}

function eventStreamOf({
  ISSUER,
  EVENTS_URI,
  CLIENT_ID,
  CLIENT_SECRET,
}: GatewayConfig): EventStreamOptions | null {
  if (CLIENT_ID === undefined || CLIENT_SECRET === undefined) return null;
  return { uri: EVENTS_URI ?? `${ISSUER}/events/streams`, clientId: CLIENT_ID, clientSecret: CLIENT_SECRET };
}

function introspectionOf({
  INTROSPECTION,
  INTROSPECTION_URI,
  CLIENT_ID,
  CLIENT_SECRET,
}: GatewayConfig): IntrospectionOptions | null {
  if (!INTROSPECTION || CLIENT_ID === undefined || CLIENT_SECRET === undefined) return null;
  return { uri: INTROSPECTION_URI ?? null, clientId: CLIENT_ID, clientSecret: CLIENT_SECRET };
}
