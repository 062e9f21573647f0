import type { Type, DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { answerBadTarget, answerClientError } from './http-errors.js';
import { StructuredLogger, type LoggerOptions } from './logger.js';
import { addProbeRoutes } from './management/probe-routes.js';
import { Readiness } from './management/readiness.js';

/** Node's own default, said here so that no option of Node's changes it. More is answered 431. */
const MAX_HEADER_BYTES = 16_384;
const REQUEST_TIMEOUT_MS = 10_000;
/** Node's default of 30 seconds would be what a slow client really has. */
const TIMEOUT_CHECK_MS = 1_000;
const KEEP_ALIVE_TIMEOUT_MS = 65_000; // longer than the idle time-out of the proxies in front

export interface HttpAppOptions {
  readonly logger: LoggerOptions;
  /** Largest request body; a larger one is answered 413. */
  readonly maxBodyBytes: number;
  /**
   * Proxies whose `X-Forwarded-For` says where a request comes from: addresses, or networks in CIDR notation. Null
   * believes nobody: the client is who opened the connection.
   */
  readonly trustedProxies: readonly string[] | null;
}

/**
 * Makes a Nest app on Fastify with the limits, probes and shutdown that every HTTP process here has. It does not
 * listen yet, so that the caller can add what is its own.
 */
export async function createHttpApp(
  module: Type | DynamicModule,
  { logger, maxBodyBytes, trustedProxies }: HttpAppOptions,
): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter({
    bodyLimit: maxBodyBytes,
    trustProxy: trustedProxies === null ? false : [...trustedProxies],
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 200 },
    http: {
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: REQUEST_TIMEOUT_MS,
      connectionsCheckingInterval: TIMEOUT_CHECK_MS,
    },
    frameworkErrors: answerBadTarget,
    clientErrorHandler: answerClientError,
  });
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, {
    logger: new StructuredLogger(logger),
    abortOnError: false,
  });
  // A stop that was asked for ends with code 0; by default Nest repeats the signal, which ends it with 143.
  app.enableShutdownHooks(['SIGINT', 'SIGTERM'], { useProcessExit: true });
  addProbeRoutes(adapter.getInstance(), app.get(Readiness), 'status');
  return app;
}
