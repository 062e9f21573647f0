import { Module, type DynamicModule } from '@nestjs/common';
import { AccountsModule } from '../accounts/accounts.module.js';
import type { AuthConfig } from '../app.config.js';
import { ClientsModule } from '../clients/clients.module.js';
import { SecurityEventsModule } from '../security-events/security-events.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import type { KeyRing } from '../signing-keys/key-ring.js';
import type { SigningKey } from '../signing-keys/signing-key.js';
import { SigningKeysModule } from '../signing-keys/signing-keys.module.js';
import { SigningKeysService } from '../signing-keys/signing-keys.service.js';
import { BackChannelLogoutService } from './back-channel-logout.service.js';
import { ClientAuthenticator } from './client-authenticator.js';
import { CurrentProvider } from './current-provider.js';
import { ExpiredArtefactsService } from './expired-artefacts.service.js';
import { ProviderFactory, ProviderSettings } from './provider-factory.js';
import { Throttles } from './throttles.js';

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
        BackChannelLogoutService,
        ExpiredArtefactsService,
        ClientAuthenticator,
        ProviderFactory,
        { provide: Throttles, useFactory: () => new Throttles(config.REQUESTS_PER_NETWORK) },
        { provide: ProviderSettings, useFactory: () => new ProviderSettings(config.ISSUER, config.AUDIENCE) },
        {
          provide: CurrentProvider,
          inject: [ProviderFactory, SigningKeysService],
          useFactory: async (factory: ProviderFactory, signingKeys: SigningKeysService) => {
            const providerFor = await factory.prepare();
            const providerOf = (keyRing: KeyRing<SigningKey>) =>
              providerFor(keyRing, signingKeys.idTokenHintKeys);
            const provider = new CurrentProvider(providerOf(await signingKeys.loadOrCreate()));
            signingKeys.onChange((keyRing) => provider.replace(providerOf(keyRing)));
            return provider;
          },
        },
      ],
      exports: [ClientAuthenticator, CurrentProvider],
    };
  }
}
