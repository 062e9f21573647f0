import type { Type, DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { StructuredLogger, type LoggerOptions } from './logger.js';
import { addProbeRoutes } from './management/probe-routes.js';
import { Readiness } from './management/readiness.js';

const REQUEST_TIMEOUT_MS = 10_000;
const KEEP_ALIVE_TIMEOUT_MS = 65_000; // longer than the idle time-out of the proxies in front

export interface HttpAppOptions {
  readonly logger: LoggerOptions;
  /** Largest request body; a larger one is answered 413. */
  readonly maxBodyBytes: number;
}

/**
 * Makes a Nest app on Fastify with the limits, probes and shutdown that every HTTP process here has. It does not
 * listen yet, so that the caller can add what is its own.
 */
export async function createHttpApp(
  module: Type | DynamicModule,
  { logger, maxBodyBytes }: HttpAppOptions,
): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter({
    bodyLimit: maxBodyBytes,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 200 },
  });
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, {
    logger: new StructuredLogger(logger),
    abortOnError: false,
  });
  // A stop that was asked for ends with code 0; by default Nest repeats the signal, which ends it with 143.
  app.enableShutdownHooks(['SIGINT', 'SIGTERM'], { useProcessExit: true });
  addProbeRoutes(adapter.getInstance(), app.get(Readiness));
  return app;
}
