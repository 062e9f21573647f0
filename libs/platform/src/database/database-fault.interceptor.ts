import {
  Injectable,
  Logger,
  ServiceUnavailableException,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { catchError, throwError, type Observable } from 'rxjs';
import { isDatabaseOutage, withoutQuery } from './database-fault.js';

/**
 * Stands between a handler and whatever logs and answers its errors: an outage of the database is 503 there, and no
 * fault of a query has its parameters.
 */
@Injectable()
export class DatabaseFaultInterceptor implements NestInterceptor {
  private readonly logger = new Logger('Database');

  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(catchError((error: unknown) => throwError(() => this.explain(error))));
  }

  private explain(error: unknown): unknown {
    const fault = withoutQuery(error);
    if (!isDatabaseOutage(error)) return fault;
    this.logger.warn(`unavailable: ${fault instanceof Error ? fault.message : 'no reason'}`);
    return new ServiceUnavailableException('The service cannot reach its database.', { cause: fault });
  }
}
