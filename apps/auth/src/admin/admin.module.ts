import { AccessTokenModule } from '@countersign/auth/passport';
import { AccessDecisions, AccessDecisionsModule } from '@countersign/platform';
import { Module, type DynamicModule } from '@nestjs/common';
import { AccountsModule } from '../accounts/accounts.module.js';
import type { AuthConfig } from '../app.config.js';
import { ClientsModule } from '../clients/clients.module.js';
import { ACCESS_TOKEN_SECONDS } from '../resource-servers/access-token-seconds.js';
import { LoggedRevocations } from '../security-events/logged-revocations.js';
import { SecurityEventsModule } from '../security-events/security-events.module.js';
import { SigningKeysService } from '../signing-keys/signing-keys.service.js';
import { AdminStanding } from './admin-standing.js';
import { adminResource } from './admin-scopes.js';
import { OperatorClientService, OperatorClientSettings } from './operator-client.service.js';

/** Between replicas: they all read the clock of their own machine. */
const CLOCK_TOLERANCE_SECONDS = 30;

/** Guards every route of the issuer, and lets the operator in. */
@Module({})
export class AdminModule {
  static forRoot({ ISSUER, DEMO, ADMIN_CLIENT_SECRET }: AuthConfig): DynamicModule {
    const decisions = new AccessDecisions();
    return {
      module: AdminModule,
      global: true, // every controller of the admin API needs it
      imports: [
        AccountsModule,
        ClientsModule,
        SecurityEventsModule,
        AccessDecisionsModule.forRoot(decisions),
        AccessTokenModule.forRoot({
          issuer: ISSUER,
          ownKeys: SigningKeysService,
          ownRevocations: LoggedRevocations,
          audience: adminResource(ISSUER),
          algorithms: ['RS256', 'PS256', 'ES256', 'EdDSA'],
          clockToleranceSeconds: CLOCK_TOLERANCE_SECONDS,
          maxLifetimeSeconds: ACCESS_TOKEN_SECONDS,
          issueTransactionToken: null,
          onDecision: decisions.note,
        }),
      ],
      providers: [
        {
          provide: OperatorClientSettings,
          useFactory: () => new OperatorClientSettings(DEMO, ADMIN_CLIENT_SECRET),
        },
        OperatorClientService,
        AdminStanding,
      ],
      exports: [AdminStanding, SecurityEventsModule], // the guard asks what has been revoked
    };
  }
}
