import { Catch, HttpException, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { TcpContext } from '@nestjs/microservices';
import { throwError, type Observable } from 'rxjs';
import { AuthError } from '../auth-error.js';
import { ServiceError } from '../service-error.js';
import { currentCallerContext } from './caller.js';
import { toEnvelope } from './error-envelope.js';

/** A pattern is what the peer wrote. */
const MAX_PATTERN_LENGTH = 100;

/** Answers every error of a message handler with the envelope, and logs those that nobody meant. */
@Catch()
export class ErrorEnvelopeFilter implements ExceptionFilter {
  private readonly logger = new Logger('MessageHandler');

  catch(error: unknown, host: ArgumentsHost): Observable<never> {
    return this.answer(error, host.switchToRpc().getContext());
  }

  /** Answers an error of a message; `context` is the transport's. */
  answer(error: unknown, context: unknown): Observable<never> {
    const known = error instanceof HttpException ? fromHttpException(error) : error;
    if (known instanceof AuthError) this.logRefusal(known, context);
    else if (!(known instanceof ServiceError)) this.logger.error(known);
    return throwError(() => toEnvelope(known));
  }

  /** The txn is there once the caller is known: it joins this line to those of the other hops. */
  private logRefusal({ code, detail }: AuthError, context: unknown): void {
    const { workload, txn } = currentCallerContext()?.caller ?? {};
    const pattern = context instanceof TcpContext ? context.getPattern() : undefined;
    this.logger.warn({
      msg: 'refused',
      pattern: pattern?.slice(0, MAX_PATTERN_LENGTH),
      code,
      detail,
      workload,
      txn,
    });
  }
}

/** Nest's own exceptions (a pipe's 400) keep their status; above 499 they are a fault of ours, unless an outage. */
function fromHttpException(error: HttpException): unknown {
  const status = error.getStatus();
  if (status === 503) return new ServiceError('service_unavailable', 503, error.message, { cause: error });
  return status < 500 ? new ServiceError('request_invalid', status, error.message, { cause: error }) : error;
}
