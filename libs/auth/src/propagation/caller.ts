import { AsyncLocalStorage } from 'node:async_hooks';
import { createParamDecorator } from '@nestjs/common';
import { identityHeaders, type IdentityHeaders, type Principal } from '../principal.js';

/** Who a handler works for: the principal, the transaction, and the workload that called. */
export interface Caller {
  readonly principal: Principal;
  /** `txn`: the same at every hop behind the edge. Undefined at the edge, where the access token counts. */
  readonly txn: string | undefined;
  /** Name of the calling workload, as its certificate proves it. Undefined at the edge, where clients call. */
  readonly workload: string | undefined;
  readonly identityHeaders: IdentityHeaders;
}

interface CallerContext {
  readonly caller: Caller;
  /** The transaction token for calls made on this caller's behalf. Not part of `Caller`: a handler cannot log it. */
  readonly transactionToken: () => string;
}

const storage = new AsyncLocalStorage<CallerContext>();

/** Runs `work` on behalf of a verified caller; calls to other workloads made in it carry the caller on. */
export function runForCaller<Result>(context: CallerContext, work: () => Result): Result {
  return storage.run(context, work);
}

export function currentCallerContext(): CallerContext | undefined {
  return storage.getStore();
}

export function makeCaller(principal: Principal, txn?: string, workload?: string): Caller {
  return Object.freeze({ principal, txn, workload, identityHeaders: identityHeaders(principal) });
}

/** @throws TypeError outside a request: there is no caller then, and inventing one would be a hole */
export function requireCaller(): CallerContext {
  const context = storage.getStore();
  if (context === undefined) throw new TypeError('there is no verified caller here');
  return context;
}

/**
 * The caller that the running code works for; handlers take it from a parameter instead.
 *
 * @throws TypeError outside a request
 */
export function currentCaller(): Caller {
  return requireCaller().caller;
}

/** Hands the verified principal to a handler's parameter. */
export const CurrentPrincipal = createParamDecorator((): Principal => currentCaller().principal);

/** Hands the caller with its transaction and workload to a handler's parameter. */
export const CurrentCaller = createParamDecorator(currentCaller);
