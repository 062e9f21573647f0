import {
  StandardSchemaValidationPipe,
  type DynamicModule,
  type INestMicroservice,
  type LoggerService,
  type Type,
} from '@nestjs/common';
import { NestFactory, Reflector } from '@nestjs/core';
import { catchError, defer, type Observable } from 'rxjs';
import { assertEveryHandlerDeclaresAccess } from '../access/declared-access.js';
import { MessageAccessGuard } from '../access/message-access.guard.js';
import { AuthError } from '../auth-error.js';
import type { TransactionTokenVerifier } from '../transaction-token/transaction-token-verifier.js';
import { createCallerHook, verifyMessage } from './caller-hook.js';
import { ErrorEnvelopeFilter } from './error-envelope.filter.js';
import type { WorkloadIdentity } from './workload-identity.js';
import { WorkloadServer } from './workload-server.js';

export interface WorkloadOptions {
  readonly host: string;
  readonly port: number;
  readonly trustDomain: string;
  readonly identity: WorkloadIdentity;
  readonly transactionTokens: TransactionTokenVerifier;
  readonly logger: LoggerService;
}

/**
 * Starts a Nest microservice that answers nobody it cannot name: mutual TLS at the door, a verified transaction
 * token before every handler, `@Access` on each, schemas on what comes in, one envelope for what goes wrong. It is
 * a pure microservice, because in a hybrid app made with `connectMicroservice` neither global guards nor the hook
 * would run on message handlers.
 *
 * @throws TypeError when a handler does not declare its access; system errors when it cannot listen
 */
export async function bootstrapWorkload(
  module: Type | DynamicModule,
  options: WorkloadOptions,
): Promise<INestMicroservice> {
  const { host, port, identity, logger } = options;
  const server = new WorkloadServer({
    host,
    port,
    identity,
    refuseUnknownPattern: async (_data: unknown, context: unknown) => refuseUnknownPattern(context, options),
  });
  const app = await NestFactory.createMicroservice(module, { strategy: server, logger, abortOnError: false });
  assertEveryHandlerDeclaresAccess(app);
  app.registerPreRequestHook(createCallerHook(options));
  app.useGlobalGuards(new MessageAccessGuard(app.get(Reflector)));
  app.useGlobalPipes(new StandardSchemaValidationPipe());
  app.useGlobalFilters(new ErrorEnvelopeFilter());
  app.enableShutdownHooks(['SIGINT', 'SIGTERM'], { useProcessExit: true });
  await app.listen();
  return app;
}

/** Like a handler that this caller may not call: first who it is, then no. The answer tells no pattern from another. */
function refuseUnknownPattern(context: unknown, options: WorkloadOptions): Observable<never> {
  const filter = new ErrorEnvelopeFilter();
  return defer(async (): Promise<never> => {
    await verifyMessage(context, options);
    throw new AuthError('workload_refused', 'there is no such pattern');
  }).pipe(catchError((error: unknown) => filter.answer(error, context)));
}
