import { currentCaller, ServiceError } from '@countersign/auth';
import {
  HttpException,
  Injectable,
  Logger,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { tap, type Observable } from 'rxjs';

/**
 * One line of the log for each action of an administrator: who, what, on which target, and whether it came about. What
 * the action was told, such as a secret, is never in it. (Refusals by the guard are logged where they are answered.)
 */
@Injectable()
export class AdminAuditInterceptor implements NestInterceptor {
  private readonly logger = new Logger('Admin');

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const http = context.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    if (request.method === 'GET') return next.handle();
    const { subject, clientId, tokenId } = currentCaller().principal;
    const log = (outcome: 'done' | 'refused' | 'failed'): void =>
      this.logger.log({
        msg: 'admin action',
        action: `${request.method} ${request.routeOptions.url}`,
        // What was made is named by the answer; anything else by the address.
        target: String(reply.getHeader('location') ?? request.url.split('?', 1)[0]),
        outcome,
        subject,
        clientId,
        tokenId,
      });
    return next.handle().pipe(
      tap({
        complete: () => log('done'),
        error: (error: unknown) => log(isRefusal(error) ? 'refused' : 'failed'),
      }),
    );
  }
}

function isRefusal(error: unknown): boolean {
  if (error instanceof ServiceError) return error.status < 500;
  return error instanceof HttpException && error.getStatus() < 500;
}
