import { spiffeId, WorkloadClient, WorkloadIdentity } from '@countersign/auth';
import { workloadCertificateFiles } from '@countersign/platform/workload-certificates';
import { Global, Module, type DynamicModule, type FactoryProvider } from '@nestjs/common';
import type { GatewayConfig } from '../app.config.js';

export const ORDERS_CLIENT = Symbol('client of the orders workload');
export const PAYMENTS_CLIENT = Symbol('client of the payments workload');

/** For a whole call; a client of the API hears within 2 s that a service is down. */
const CALL_TIMEOUT_MS = 1_800;

/** The workloads behind the gateway, each reached over mutual TLS. */
@Global()
@Module({})
export class WorkloadsModule {
  static async forRoot(config: GatewayConfig): Promise<DynamicModule> {
    const identity = new WorkloadIdentity(await workloadCertificateFiles(config, 'gateway'));
    const client = (
      provide: symbol,
      name: string,
      address: GatewayConfig['ORDERS_ADDRESS'],
    ): FactoryProvider => ({
      provide,
      useFactory: () =>
        new WorkloadClient({
          ...address,
          peer: spiffeId(config.TRUST_DOMAIN, name),
          identity,
          timeoutMs: CALL_TIMEOUT_MS,
        }),
    });
    return {
      module: WorkloadsModule,
      providers: [
        client(ORDERS_CLIENT, 'orders', config.ORDERS_ADDRESS),
        client(PAYMENTS_CLIENT, 'payments', config.PAYMENTS_ADDRESS),
      ],
      exports: [ORDERS_CLIENT, PAYMENTS_CLIENT],
    };
  }
}
