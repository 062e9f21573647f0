import { fileURLToPath } from 'node:url';
import { Module, type DynamicModule } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { ManagementModule } from '@countersign/platform';
import { DatabaseModule } from '@countersign/platform/database';
import { ProblemFilter } from '@countersign/platform/http';
import { AccountsAdminModule } from './accounts-admin/accounts-admin.module.js';
import { AccountPagesModule } from './account-pages/account-pages.module.js';
import { AdminModule } from './admin/admin.module.js';
import type { AuthConfig } from './app.config.js';
import { ClientRegistryModule } from './clients/client-registry.module.js';
import { DemoModule } from './demo/demo.module.js';
import { InteractionsModule } from './interactions/interactions.module.js';
import { LoginModule } from './login/login.module.js';
import { OidcModule } from './oidc/oidc.module.js';
import { ResourceServersModule } from './resource-servers/resource-servers.module.js';
import { EventDeliveryModule } from './security-events/event-delivery.module.js';
import { PagesModule } from './pages/pages.module.js';
import { RegistrationModule } from './registration/registration.module.js';

@Module({})
export class AppModule {
  static forRoot(config: AuthConfig): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ManagementModule.forRoot({ host: config.MANAGEMENT_HOST, port: config.MANAGEMENT_PORT }),
        DatabaseModule.forRoot({
          url: config.DATABASE_URL,
          app: 'auth',
          dataDir: config.DATA_DIR,
          migrationsDirectory: fileURLToPath(new URL('migrations', import.meta.url)),
          planCacheMode: 'force_generic_plan',
        }),
        DemoModule.forRoot(config),
        AdminModule.forRoot(config),
        ClientRegistryModule,
        AccountsAdminModule,
        AccountPagesModule,
        InteractionsModule,
        LoginModule.forRoot(config),
        OidcModule.forRoot(config),
        ResourceServersModule.forRoot(config),
        EventDeliveryModule.forRoot(config),
        PagesModule.forRoot(config),
        RegistrationModule.forRoot(config),
      ],
      providers: [{ provide: APP_FILTER, useClass: ProblemFilter }],
    };
  }
}
