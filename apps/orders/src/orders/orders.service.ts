import { randomUUIDv7 } from 'node:crypto';
import type { Principal, WorkloadClient } from '@countersign/auth';
import {
  abandonPayment,
  authorizePayment,
  totalAmount,
  type Order,
  type OrderPage,
  type OrderSummary,
  type PageRequest,
  type PlaceOrderRequest,
} from '@countersign/contracts';
import { Inject, Injectable } from '@nestjs/common';
import { allows, cancellableBy, hashOfDraft, notAllowed, ownOrdersOf, visibilityFor } from './order.js';
import type { Visibility } from './order.js';
import { orderNotFound, refusal } from './order-refusal.js';
import { OrdersRepository } from './orders.repository.js';
import type { OrderRow, OrderSummaryRow } from './orders.schema.js';

/** Calls payments for the customer whose order it is. */
export const PAYMENTS_CLIENT = Symbol('client of the payments workload');

@Injectable()
export class OrdersService {
  constructor(
    private readonly orders: OrdersRepository,
    @Inject(PAYMENTS_CLIENT) private readonly payments: Pick<WorkloadClient, 'call'>,
  ) {}

  /** @throws ServiceError `idempotency_key_reused` when the key was first used for another order */
  async place(principal: Principal, { idempotencyKey, ...draft }: PlaceOrderRequest): Promise<Order> {
    const draftHash = hashOfDraft(draft);
    const order = await this.orders.insertOrFind({
      id: randomUUIDv7(),
      issuer: principal.issuer,
      customerId: principal.subject,
      merchantId: draft.merchantId,
      items: draft.items,
      totalAmount: totalAmount(draft.items),
      currency: draft.currency,
      idempotencyKey,
      draftHash,
    });
    if (order.draftHash !== draftHash) {
      throw refusal('idempotency_key_reused', 'This Idempotency-Key was used for a different order.');
    }
    return toOrder(order);
  }

  async get(principal: Principal, id: string): Promise<Order> {
    return toOrder(await this.find(id, visibilityFor(principal)));
  }

  async list(principal: Principal, page: PageRequest): Promise<OrderPage> {
    const { rows, nextCursor } = await this.orders.list(visibilityFor(principal), page);
    return { data: rows.map(toSummary), nextCursor };
  }

  /**
   * Pays an order. It can be asked again after any failure: payments authorizes once for an order, and parallel
   * attempts get the same payment. While payments is down the order stays placed, and payable.
   *
   * @throws ServiceError `payment_declined`, `order_not_payable`, or `service_unavailable` while payments is down
   */
  async pay(principal: Principal, id: string): Promise<Order> {
    const order = await this.find(id, ownOrdersOf(principal));
    if (order.state === 'paid') return toOrder(order);
    const attempted = await this.orders.markPaymentAttempted(id);
    if (attempted === undefined) return this.paidMeanwhile(principal, id);

    const payment = await this.payments.call(authorizePayment, paymentFor(order));
    const paid = await this.orders.markPaid(id, payment.id);
    return paid === undefined ? this.paidMeanwhile(principal, id) : toOrder(paid);
  }

  /**
   * Cancels a placed order. Once a payment has been asked for, its outcome may be unknown here (a lost answer), so
   * payments decides: it abandons the payment for good, or there is one, and then the order is paid.
   *
   * @throws ServiceError `order_not_cancellable`, or `service_unavailable` where payments has to decide and is down
   */
  async cancel(principal: Principal, id: string): Promise<Order> {
    const visibility = cancellableBy(principal);
    const cancelled = await this.orders.cancelUnattempted(id, visibility);
    if (cancelled !== undefined) return toOrder(cancelled);

    const order = await this.find(id, visibility);
    if (!allows(order.state, 'cancel')) throw notAllowed(order.state, 'cancel');
    const settled = (await this.settle(order)) ?? (await this.find(id, visibility));
    if (settled.state !== 'cancelled') throw notAllowed(settled.state, 'cancel');
    return toOrder(settled);
  }

  private async settle(order: OrderRow): Promise<OrderRow | undefined> {
    const { customerId } = order;
    const payment = await this.payments.call(abandonPayment, { ...paymentFor(order), customerId });
    return payment.state === 'abandoned'
      ? this.orders.cancelAbandoned(order.id)
      : this.orders.markPaid(order.id, payment.id);
  }

  /** A change that lost to a parallel attempt to pay has reached its goal; one that lost to a cancel has not. */
  private async paidMeanwhile(principal: Principal, id: string): Promise<Order> {
    const order = await this.find(id, ownOrdersOf(principal));
    if (order.state !== 'paid') throw notAllowed(order.state, 'pay');
    return toOrder(order);
  }

  private async find(id: string, visibility: Visibility): Promise<OrderRow> {
    const order = await this.orders.find(id, visibility);
    if (order === undefined) throw orderNotFound();
    return order;
  }
}

function paymentFor({ id, merchantId, totalAmount: amount, currency }: OrderRow) {
  return { orderId: id, merchantId, amount: { amount, currency } };
}

function toOrder(row: OrderRow): Order {
  return { ...termsOf(row), items: [...row.items] };
}

function toSummary(row: OrderSummaryRow): OrderSummary {
  return { ...termsOf(row), itemCount: row.itemCount };
}

function termsOf(row: Omit<OrderRow, 'items'>): Omit<Order, 'items'> {
  return {
    id: row.id,
    state: row.state,
    customerId: row.customerId,
    merchantId: row.merchantId,
    total: { amount: row.totalAmount, currency: row.currency },
    paymentId: row.paymentId,
    placedAt: row.placedAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  };
}
