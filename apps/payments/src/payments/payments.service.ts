import { randomUUIDv7 } from 'node:crypto';
import type { Caller, Principal } from '@countersign/auth';
import type {
  AbandonPaymentRequest,
  AuthorizedBy,
  AuthorizePaymentRequest,
  Money,
  PageRequest,
  Payment,
  PaymentPage,
} from '@countersign/contracts';
import { Injectable } from '@nestjs/common';
import {
  amountToCapture,
  amountToRefund,
  settleableBy,
  validateWithProvider,
  visibilityFor,
  type Visibility,
} from './payment.js';
import { paymentNotFound, refusal } from './payment-refusal.js';
import { PaymentsRepository } from './payments.repository.js';
import type { PaymentRow } from './payments.schema.js';

@Injectable()
export class PaymentsService {
  constructor(private readonly payments: PaymentsRepository) {}

  /**
   * Authorizes the payment of an order by the calling subject, once: asked again, it answers what there is.
   *
   * @throws ServiceError `payment_declined`, or `payment_conflict` when the order has another payment or none for good
   */
  async authorize(caller: Caller, request: AuthorizePaymentRequest): Promise<Payment> {
    validateWithProvider(request.amount);
    const customerId = caller.principal.subject;
    const payment = await this.record('authorized', caller, { ...request, customerId });
    if (payment.state === 'abandoned') throw refusal('payment_conflict', 'The order is being cancelled.');
    return toPayment(payment);
  }

  /** Abandons the payment of an order, or answers the one that was authorized before. */
  async abandon(caller: Caller, request: AbandonPaymentRequest): Promise<Payment> {
    return toPayment(await this.record('abandoned', caller, request));
  }

  async get(principal: Principal, id: string): Promise<Payment> {
    return toPayment(await this.find(id, visibilityFor(principal)));
  }

  async list(principal: Principal, page: PageRequest): Promise<PaymentPage> {
    const { rows, nextCursor } = await this.payments.list(visibilityFor(principal), page);
    return { data: rows.map(toPayment), nextCursor };
  }

  /** @throws ServiceError `payment_not_found`, or as `amountToCapture` does */
  async capture(principal: Principal, id: string, requested: Money | undefined): Promise<Payment> {
    const payment = await this.find(id, settleableBy(principal));
    const captured = await this.payments.capture(id, amountToCapture(payment, requested));
    if (captured === undefined) throw refusal('payment_not_capturable', 'Another capture came first.');
    return toPayment(captured);
  }

  /** @throws ServiceError `payment_not_found`, or as `amountToRefund` does */
  async refund(principal: Principal, id: string, requested: Money | undefined): Promise<Payment> {
    const payment = await this.find(id, settleableBy(principal));
    const refunded = await this.payments.refund(id, amountToRefund(payment, requested));
    if (refunded === undefined) throw refusal('payment_not_refundable', 'Another refund came first.');
    return toPayment(refunded);
  }

  private async record(
    state: 'authorized' | 'abandoned',
    caller: Caller,
    { orderId, customerId, merchantId, amount: { amount, currency } }: AbandonPaymentRequest,
  ): Promise<PaymentRow> {
    const terms = { issuer: caller.principal.issuer, customerId, merchantId, amount, currency };
    const authorizedBy = authorizedByOf(caller);
    const row = await this.payments.insertOrFind({
      id: randomUUIDv7(),
      orderId,
      state,
      ...terms,
      authorizedBy,
    });
    if (!hasTerms(row, terms)) throw refusal('payment_conflict', 'The order has a payment on other terms.');
    return row;
  }

  private async find(id: string, visibility: Visibility): Promise<PaymentRow> {
    const payment = await this.payments.find(id, visibility);
    if (payment === undefined) throw paymentNotFound();
    return payment;
  }
}

type Terms = Pick<PaymentRow, 'issuer' | 'customerId' | 'merchantId' | 'amount' | 'currency'>;

function hasTerms(row: PaymentRow, terms: Terms): boolean {
  return (
    row.issuer === terms.issuer &&
    row.customerId === terms.customerId &&
    row.merchantId === terms.merchantId &&
    row.amount === terms.amount &&
    row.currency === terms.currency
  );
}

function authorizedByOf({ principal, workload, txn }: Caller): AuthorizedBy {
  if (workload === undefined || txn === undefined) {
    throw new TypeError('a payment is recorded for a workload and its transaction only');
  }
  return { subject: principal.subject, clientId: principal.clientId, workload, txn };
}

function toPayment(row: PaymentRow): Payment {
  return {
    id: row.id,
    orderId: row.orderId,
    state: row.state,
    customerId: row.customerId,
    merchantId: row.merchantId,
    amount: { amount: row.amount, currency: row.currency },
    capturedAmount: row.capturedAmount,
    refundedAmount: row.refundedAmount,
    authorizedBy: row.authorizedBy,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  };
}
