import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { Observable } from 'rxjs';
import type { Principal } from '../principal.js';
import { makeCaller, runForCaller } from '../propagation/caller.js';
import { PRINCIPAL } from './http-access.guard.js';

/** Opens the caller's context around a route's handler, so that calls it makes carry the caller on. */
@Injectable()
export class CallerInterceptor implements NestInterceptor {
  constructor(private readonly issueTransactionToken: (principal: Principal) => string) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const { [PRINCIPAL]: principal } = context.switchToHttp().getRequest<{ [PRINCIPAL]?: Principal }>();
    if (principal === undefined) return next.handle(); // a public route
    const caller = makeCaller(principal);
    const transactionToken = (): string => this.issueTransactionToken(principal);
    return new Observable((subscriber) =>
      runForCaller({ caller, transactionToken }, () => next.handle().subscribe(subscriber)),
    );
  }
}
