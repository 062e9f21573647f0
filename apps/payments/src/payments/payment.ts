import type { Principal } from '@countersign/auth';
import { DECLINED_AMOUNT, type Money, type PaymentState } from '@countersign/contracts';
import { refusal } from './payment-refusal.js';

/** What the rules look at. Amounts are minor units of `currency`. */
export interface PaymentBalance {
  readonly state: PaymentState;
  readonly currency: string;
  readonly amount: number;
  readonly capturedAmount: number;
  readonly refundedAmount: number;
}

/** What a capture or a refund makes of a payment. */
export type PaymentChange = Partial<Pick<PaymentBalance, 'state' | 'capturedAmount' | 'refundedAmount'>>;

/**
 * Stands where a payment provider would be asked.
 *
 * @throws ServiceError `payment_declined`
 */
export function validateWithProvider({ amount }: Money): void {
  if (amount === DECLINED_AMOUNT) throw refusal('payment_declined', 'The payment was declined.');
}

/**
 * What a capture changes: it takes what is asked, or all. A payment is captured once; what is not taken then is released.
 *
 * @throws ServiceError `payment_not_capturable`, `currency_mismatch` or `amount_too_large`
 */
export function capture(payment: PaymentBalance, requested: Money | undefined): PaymentChange {
  if (payment.state !== 'authorized') {
    throw refusal(
      'payment_not_capturable',
      `The payment is ${payment.state}; this takes one that is authorized.`,
    );
  }
  return { state: 'captured', capturedAmount: amountWithin(payment.amount, payment.currency, requested) };
}

/**
 * What a refund changes: it gives back what is asked, or all that is left of what was captured.
 *
 * @throws ServiceError `payment_not_refundable`, `currency_mismatch` or `amount_too_large`
 */
export function refund(payment: PaymentBalance, requested: Money | undefined): PaymentChange {
  if (payment.state !== 'captured') {
    throw refusal(
      'payment_not_refundable',
      `The payment is ${payment.state}; this takes one that is captured.`,
    );
  }
  const { capturedAmount, currency } = payment;
  const amount = amountWithin(capturedAmount - payment.refundedAmount, currency, requested);
  const refundedAmount = payment.refundedAmount + amount;
  return { state: refundedAmount === capturedAmount ? 'refunded' : 'captured', refundedAmount };
}

function amountWithin(limit: number, currency: string, requested: Money | undefined): number {
  if (requested === undefined) return limit;
  if (requested.currency !== currency) throw refusal('currency_mismatch', `The payment is in ${currency}.`);
  if (requested.amount > limit) throw refusal('amount_too_large', `No more than ${limit} is left.`);
  return requested.amount;
}

/** Whose payments a caller may know of: all of the issuer's, or those it is a party to. */
export interface Visibility {
  readonly issuer: string;
  readonly parties: 'all' | { readonly customerId?: string; readonly merchantId?: string };
}

/**
 * An administrator sees every payment, a merchant those to its shop besides its own, everyone else its own. Nobody
 * sees a payment between another issuer's accounts, where the same subject is someone else.
 */
export function visibilityFor({ issuer, subject, roles }: Principal): Visibility {
  if (roles.includes('admin')) return { issuer, parties: 'all' };
  if (roles.includes('merchant')) return { issuer, parties: { customerId: subject, merchantId: subject } };
  return { issuer, parties: { customerId: subject } };
}

/** The payments that the caller may capture and refund: those to its shop, or any for an administrator. */
export function settleableBy({ issuer, subject, roles }: Principal): Visibility {
  return { issuer, parties: roles.includes('admin') ? 'all' : { merchantId: subject } };
}
