import { randomUUIDv7 } from 'node:crypto';
import type { Caller, Principal } from '@countersign/auth';
import type {
  AbandonPaymentRequest,
  AuthorizedBy,
  AuthorizePaymentRequest,
  PageRequest,
  Payment,
  PaymentPage,
  SettlementRequest,
} from '@countersign/contracts';
import { Injectable } from '@nestjs/common';
import { capture, refund, settleableBy, validateWithProvider, visibilityFor } from './payment.js';
import { paymentNotFound, refusal } from './payment-refusal.js';
import { PaymentsRepository } from './payments.repository.js';
import type { PaymentRow, Settlement } from './payments.schema.js';

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
    const payment = await this.payments.find(id, visibilityFor(principal));
    if (payment === undefined) throw paymentNotFound();
    return toPayment(payment);
  }

  async list(principal: Principal, page: PageRequest): Promise<PaymentPage> {
    const { rows, nextCursor } = await this.payments.list(visibilityFor(principal), page);
    return { data: rows.map(toPayment), nextCursor };
  }

  /** @throws ServiceError `payment_not_found`, `idempotency_key_reused`, or as the rule `capture` does */
  async capture(principal: Principal, request: SettlementRequest): Promise<Payment> {
    return this.settle('capture', principal, request, capture);
  }

  /** @throws ServiceError `payment_not_found`, `idempotency_key_reused`, or as the rule `refund` does */
  async refund(principal: Principal, request: SettlementRequest): Promise<Payment> {
    return this.settle('refund', principal, request, refund);
  }

  private async settle(
    kind: Settlement['kind'],
    principal: Principal,
    { id, amount, idempotencyKey }: SettlementRequest,
    rule: typeof capture | typeof refund,
  ): Promise<Payment> {
    const requested = amount === undefined ? 'all' : `${amount.amount} ${amount.currency}`;
    const settlement = { paymentId: id, kind, idempotencyKey, requested };
    const visibility = settleableBy(principal);
    const payment = await this.payments.settle(settlement, visibility, (found) => rule(found, amount));
    if (payment === undefined) throw paymentNotFound();
    return toPayment(payment);
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
