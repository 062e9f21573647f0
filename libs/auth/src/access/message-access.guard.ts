import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AuthError } from '../auth-error.js';
import { currentCallerContext } from '../propagation/caller.js';
import { ACCESS_RULE, isPublic, type AccessRule } from './access.js';
import { assertAccess } from './assert-access.js';

/** Holds the verified caller of a message against the handler's `@Access`. Refuses every transport but messages. */
@Injectable()
export class MessageAccessGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    const rule = this.reflector.getAllAndOverride<AccessRule | undefined>(ACCESS_RULE, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (rule === undefined || isPublic(rule) || context.getType() !== 'rpc') {
      throw new AuthError('access_undeclared', 'the handler does not declare who may send it messages');
    }
    const caller = currentCallerContext()?.caller;
    if (caller === undefined)
      throw new AuthError('credentials_missing', 'the message has no verified caller');
    assertAccess(rule, caller.principal, caller.workload);
    return true;
  }
}
