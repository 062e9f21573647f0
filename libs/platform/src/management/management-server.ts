import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { fastify } from 'fastify';
import { collectDefaultMetrics } from 'prom-client';
import { addProbeRoutes } from './probe-routes.js';
import type { Metrics } from './metrics.js';
import type { Readiness } from './readiness.js';

export interface ManagementServerOptions {
  readonly host: string;
  readonly port: number;
}

/** `GET /metrics` in Prometheus's text format, `GET /healthz`, `GET /readyz`. */
export class ManagementServer implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly server = fastify({ logger: false, forceCloseConnections: true });

  constructor(
    private readonly options: ManagementServerOptions,
    readiness: Readiness,
    { registry }: Metrics,
  ) {
    collectDefaultMetrics({ register: registry });
    addProbeRoutes(this.server, readiness, 'checks');
    this.server.get('/metrics', async (_request, reply) =>
      reply.type(registry.contentType).send(await registry.metrics()),
    );
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.server.listen(this.options);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.server.close();
  }
}
