import { STATUS_CODES } from 'node:http';
import type { Type, DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { StructuredLogger, type LoggerOptions } from './logger.js';
import { addProbeRoutes } from './management/probe-routes.js';
import { Readiness } from './management/readiness.js';

const REQUEST_TIMEOUT_MS = 10_000;
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
    frameworkErrors: ({ statusCode = 400 }: FastifyError, _request: FastifyRequest, reply: FastifyReply) =>
      answerBadTarget(statusCode, reply),
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

/**
 * A request target that no route can be looked up by is refused before any hook or filter, and by default in
 * Fastify's words, with the target repeated. It is a problem as every other (RFC 9457).
 */
function answerBadTarget(status: number, reply: FastifyReply): void {
  const problem = {
    title: STATUS_CODES[status],
    status,
    detail: 'The request target is malformed or too long.',
  };
  reply.status(status).header('cache-control', 'no-store').type('application/problem+json');
  void reply.send(JSON.stringify({ type: 'about:blank', ...problem }));
}
