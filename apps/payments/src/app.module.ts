import { join } from 'node:path';
import { ManagementModule } from '@countersign/platform';
import { DatabaseFaultInterceptor, DatabaseModule } from '@countersign/platform/database';
import { Module, type DynamicModule } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import type { PaymentsConfig } from './app.config.js';
import { PaymentsModule } from './payments/payments.module.js';

@Module({})
export class AppModule {
  static forRoot(config: PaymentsConfig): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ManagementModule.forRoot({ host: config.MANAGEMENT_HOST, port: config.MANAGEMENT_PORT }),
        DatabaseModule.forRoot({
          url: config.DATABASE_URL,
          app: 'payments',
          dataDir: config.DATA_DIR,
          migrationsDirectory: join(import.meta.dirname, 'migrations'),
          planCacheMode: 'auto',
        }),
        PaymentsModule,
      ],
      providers: [{ provide: APP_INTERCEPTOR, useClass: DatabaseFaultInterceptor }],
    };
  }
}
