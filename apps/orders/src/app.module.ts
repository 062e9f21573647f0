import { join } from 'node:path';
import { spiffeId, type WorkloadIdentity } from '@countersign/auth';
import { ManagementModule } from '@countersign/platform';
import { DatabaseFaultInterceptor, DatabaseModule } from '@countersign/platform/database';
import { Module, type DynamicModule } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import type { OrdersConfig } from './app.config.js';
import { OrdersModule } from './orders/orders.module.js';

/** Shorter than what the gateway waits for orders, so that orders can still answer. */
const PAYMENTS_TIMEOUT_MS = 1_200;

@Module({})
export class AppModule {
  static forRoot(config: OrdersConfig, identity: WorkloadIdentity): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ManagementModule.forRoot({ host: config.MANAGEMENT_HOST, port: config.MANAGEMENT_PORT }),
        DatabaseModule.forRoot({
          url: config.DATABASE_URL,
          app: 'orders',
          dataDir: config.DATA_DIR,
          migrationsDirectory: join(import.meta.dirname, 'migrations'),
          planCacheMode: 'auto',
        }),
        OrdersModule.forRoot({
          ...config.PAYMENTS_ADDRESS,
          peer: spiffeId(config.TRUST_DOMAIN, 'payments'),
          identity,
          timeoutMs: PAYMENTS_TIMEOUT_MS,
        }),
      ],
      providers: [{ provide: APP_INTERCEPTOR, useClass: DatabaseFaultInterceptor }],
    };
  }
}
