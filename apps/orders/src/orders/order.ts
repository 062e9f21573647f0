import { createHash } from 'node:crypto';
import type { Principal, ServiceError } from '@countersign/auth';
import type { OrderDraft, OrderState } from '@countersign/contracts';
import { refusal } from './order-refusal.js';

/** Both ways out of `placed` exclude each other and are final: a paid order is never cancelled, only refunded. */
const transitions = {
  pay: { from: 'placed', to: 'paid', refusedAs: 'order_not_payable' },
  cancel: { from: 'placed', to: 'cancelled', refusedAs: 'order_not_cancellable' },
} as const;

export type OrderAction = keyof typeof transitions;

export function allows(state: OrderState, action: OrderAction): boolean {
  return state === transitions[action].from;
}

/** The refusal of an action that the order's state does not allow. */
export function notAllowed(state: OrderState, action: OrderAction): ServiceError {
  const { from, refusedAs } = transitions[action];
  return refusal(refusedAs, `The order is ${state}; this takes one that is ${from}.`);
}

/** Whose orders a caller may know of: all of the issuer's, or those it is a party to. */
export interface Visibility {
  readonly issuer: string;
  readonly parties: 'all' | { readonly customerId: string; readonly merchantId?: string };
}

/**
 * An administrator sees every order, a merchant those of its shop besides its own, everyone else its own. Nobody
 * sees an order of another issuer's accounts, where the same subject is someone else.
 */
export function visibilityFor({ issuer, subject, roles }: Principal): Visibility {
  if (roles.includes('admin')) return { issuer, parties: 'all' };
  if (roles.includes('merchant')) return { issuer, parties: { customerId: subject, merchantId: subject } };
  return { issuer, parties: { customerId: subject } };
}

/** The orders that the caller placed: paying is for their owner alone. */
export function ownOrdersOf({ issuer, subject }: Principal): Visibility {
  return { issuer, parties: { customerId: subject } };
}

/** The orders that the caller may cancel: its own, or any for an administrator. A shop refunds instead. */
export function cancellableBy(principal: Principal): Visibility {
  return principal.roles.includes('admin') ? visibilityFor(principal) : ownOrdersOf(principal);
}

/** Tells a retry from a reuse of its key for another order. */
export function hashOfDraft({ merchantId, currency, items }: OrderDraft): string {
  const lines = items.map(({ sku, quantity, unitPrice }) => [sku, quantity, unitPrice]);
  return createHash('sha256')
    .update(JSON.stringify([merchantId, currency, lines]))
    .digest('base64url');
}
