import { Module } from '@nestjs/common';
import { ResourceServers } from '../resource-servers/resource-servers.js';
import { SecurityEventsModule } from '../security-events/security-events.module.js';
import { SigningKeysService } from '../signing-keys/signing-keys.service.js';
import { ClientOffer, ClientRegistry } from './client-registry.js';
import { ClientsController } from './clients.controller.js';
import { ClientsModule } from './clients.module.js';

const LOGIN_SCOPES = ['openid', 'profile', 'email', 'offline_access'];

@Module({
  imports: [ClientsModule, SecurityEventsModule],
  controllers: [ClientsController],
  providers: [
    {
      provide: ClientOffer,
      inject: [ResourceServers, SigningKeysService],
      useFactory: (servers: ResourceServers, { settings }: SigningKeysService) =>
        new ClientOffer(
          new Set([...LOGIN_SCOPES, ...servers.scopes()]),
          new Set(servers.introspected()),
          new Set(servers.identifiers()),
          new Set(settings.algorithms),
        ),
    },
    ClientRegistry,
  ],
})
export class ClientRegistryModule {}
