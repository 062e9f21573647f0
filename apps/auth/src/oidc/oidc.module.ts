import { Module, type DynamicModule } from '@nestjs/common';
import { Database } from '@countersign/platform/database';
import { AccountsModule } from '../accounts/accounts.module.js';
import { AccountsService } from '../accounts/accounts.service.js';
import type { AuthConfig } from '../app.config.js';
import { ClientsModule } from '../clients/clients.module.js';
import { ClientsRepository } from '../clients/clients.repository.js';
import { ResourceServers } from '../resource-servers/resource-servers.js';
import { RecentCutOffs } from '../security-events/recent-cut-offs.js';
import { SecurityEventLog } from '../security-events/security-event-log.js';
import { SecurityEventsModule } from '../security-events/security-events.module.js';
import { KeyEncryption } from '../signing-keys/key-encryption.js';
import type { KeyRing } from '../signing-keys/key-ring.js';
import { PrivateKeys } from '../signing-keys/private-keys.js';
import type { SigningKey } from '../signing-keys/signing-key.js';
import { SessionDetailsRepository } from '../sessions/session-details.repository.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { SigningKeysModule } from '../signing-keys/signing-keys.module.js';
import { SigningKeysService } from '../signing-keys/signing-keys.service.js';
import { ArtefactStore } from './artefact-store.js';
import { ClientStore } from './client-store.js';
import { createProvider } from './create-provider.js';
import { CurrentProvider } from './current-provider.js';
import { ExpiredArtefactsService } from './expired-artefacts.service.js';
import { RefreshTokenStore } from './refresh-token-store.js';
import { SessionStore } from './session-store.js';
import { revokeSession } from './revoke-session.js';
import { toAuthenticatedAccount } from './token-claims.js';

@Module({})
export class OidcModule {
  static forRoot(config: AuthConfig): DynamicModule {
    return {
      module: OidcModule,
      global: true, // one provider answers for the whole process
      imports: [
        AccountsModule,
        ClientsModule,
        SecurityEventsModule,
        SessionsModule,
        SigningKeysModule.forRoot(config),
      ],
      providers: [
        ExpiredArtefactsService,
        {
          provide: CurrentProvider,
          inject: [
            SigningKeysService,
            KeyEncryption,
            PrivateKeys,
            Database,
            ClientsRepository,
            AccountsService,
            SecurityEventLog,
            RecentCutOffs,
            SessionDetailsRepository,
            ResourceServers,
          ],
          useFactory: async (
            signingKeys: SigningKeysService,
            keyEncryption: KeyEncryption,
            privateKeys: PrivateKeys,
            { orm }: Database,
            clients: ClientsRepository,
            accounts: AccountsService,
            events: SecurityEventLog,
            cutOffs: RecentCutOffs,
            sessionDetails: SessionDetailsRepository,
            resourceServers: ResourceServers,
          ) => {
            const [nonceSecret] = await keyEncryption.deriveSecrets('dpop-nonces');
            const cookieSecrets = await keyEncryption.deriveSecrets('cookies');
            const providerFor = (keyRing: KeyRing<SigningKey>) =>
              createProvider({
                issuer: config.ISSUER,
                audience: config.AUDIENCE,
                resourceServers,
                keyRing,
                assertCanSign: () => privateKeys.assertAvailable(),
                cookieSecrets,
                nonceSecret: Buffer.from(nonceSecret, 'base64url'),
                orm,
                adapter: (model) => {
                  if (model === 'Client') return new ClientStore(clients);
                  if (model === 'Session') return new SessionStore(model, orm, events);
                  return new ArtefactStore(model, orm, events);
                },
                refreshTokens: new RefreshTokenStore(orm, events),
                findAccount: async (id) => {
                  await cutOffs.passed(id);
                  const account = await accounts.findEnabled(id);
                  return account && toAuthenticatedAccount(account);
                },
                noteSession: (use) => sessionDetails.note(use),
                revokeSession: (sessionId) => revokeSession(sessionId, orm, events),
              });
            const firstRing = await signingKeys.loadOrCreate();
            const provider = new CurrentProvider(providerFor(firstRing));
            signingKeys.onChange((keyRing) => provider.replace(providerFor(keyRing)));
            return provider;
          },
        },
      ],
      exports: [CurrentProvider],
    };
  }
}
