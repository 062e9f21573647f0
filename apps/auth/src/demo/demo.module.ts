import { Module, type DynamicModule } from '@nestjs/common';
import { AccountsModule } from '../accounts/accounts.module.js';
import type { AuthConfig } from '../app.config.js';
import { ClientsModule } from '../clients/clients.module.js';
import { DemoDataService, DemoSettings } from './demo-data.service.js';

@Module({})
export class DemoModule {
  static forRoot({ DEMO, AUDIENCE, DATA_DIR }: AuthConfig): DynamicModule {
    return {
      module: DemoModule,
      imports: [AccountsModule, ClientsModule],
      providers: [
        { provide: DemoSettings, useFactory: () => new DemoSettings(DEMO, AUDIENCE, DATA_DIR) },
        DemoDataService,
      ],
    };
  }
}
