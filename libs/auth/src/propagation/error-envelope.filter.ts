import { Catch, HttpException, Logger, type ExceptionFilter } from '@nestjs/common';
import { throwError, type Observable } from 'rxjs';
import { AuthError } from '../auth-error.js';
import { ServiceError } from '../service-error.js';
import { toEnvelope } from './error-envelope.js';

/** Answers every error of a message handler with the envelope, and logs those that nobody meant. */
@Catch()
export class ErrorEnvelopeFilter implements ExceptionFilter {
  private readonly logger = new Logger('MessageHandler');

  catch(error: unknown): Observable<never> {
    const known = error instanceof HttpException ? fromHttpException(error) : error;
    if (known instanceof AuthError) this.logger.warn(`refused: ${known.message}`);
    else if (!(known instanceof ServiceError)) this.logger.error(known);
    return throwError(() => toEnvelope(known));
  }
}

/** Nest's own exceptions (a pipe's 400) keep their status; above 499 they are a fault of ours. */
function fromHttpException(error: HttpException): unknown {
  const status = error.getStatus();
  return status < 500 ? new ServiceError('request_invalid', status, error.message, { cause: error }) : error;
}
