import { Global, Module, type DynamicModule } from '@nestjs/common';
import { ManagementServer, type ManagementServerOptions } from './management-server.js';
import { Metrics } from './metrics.js';
import { Readiness } from './readiness.js';

/** Probes and metrics on a port of their own, which is not published to callers. */
@Global()
@Module({})
export class ManagementModule {
  static forRoot(options: ManagementServerOptions): DynamicModule {
    return {
      module: ManagementModule,
      providers: [
        Readiness,
        Metrics,
        {
          provide: ManagementServer,
          inject: [Readiness, Metrics],
          useFactory: (readiness: Readiness, metrics: Metrics) =>
            new ManagementServer(options, readiness, metrics),
        },
      ],
      exports: [Readiness, Metrics],
    };
  }
}
