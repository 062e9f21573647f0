import { Module, type DynamicModule } from '@nestjs/common';
import type { AuthConfig } from '../app.config.js';
import { resourceServers } from '../oidc/resource-server.js';
import { SecurityEventsModule } from '../security-events/security-events.module.js';
import { ClientOffer, ClientRegistry } from './client-registry.js';
import { ClientsController } from './clients.controller.js';
import { ClientsModule } from './clients.module.js';

const LOGIN_SCOPES = ['openid', 'profile', 'email', 'offline_access'];

@Module({})
export class ClientRegistryModule {
  static forRoot({ ISSUER, AUDIENCE }: AuthConfig): DynamicModule {
    const servers = resourceServers(ISSUER, AUDIENCE);
    const scopes = new Set([...LOGIN_SCOPES, ...servers.flatMap((server) => server.scopes)]);
    // The admin API introspects nothing: its tokens are for nobody else to see.
    const introspecting = servers.filter(({ allowsOpaqueTokens }) => allowsOpaqueTokens);
    const offer = new ClientOffer(scopes, new Set(introspecting.map(({ identifier }) => identifier)));
    return {
      module: ClientRegistryModule,
      imports: [ClientsModule, SecurityEventsModule],
      controllers: [ClientsController],
      providers: [{ provide: ClientOffer, useFactory: () => offer }, ClientRegistry],
    };
  }
}
