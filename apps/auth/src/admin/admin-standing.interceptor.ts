import { currentCaller } from '@countersign/auth';
import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import type { Observable } from 'rxjs';
import { AdminStanding } from './admin-standing.js';

/** Comes after the guard, which knows the token, and before anything that the request says is looked at. */
@Injectable()
export class AdminStandingInterceptor implements NestInterceptor {
  constructor(private readonly standing: AdminStanding) {}

  async intercept(_context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    await this.standing.assertHolds(currentCaller().principal);
    return next.handle();
  }
}
