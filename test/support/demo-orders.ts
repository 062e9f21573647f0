import { order, payment, type Order, type Payment } from '@countersign/contracts';
import type { ApiClient } from './api-client.ts';

/** The shop of merchant@example.com, which is named by its account. */
export const MERCHANT_ID = '6f1c2a54-0f3b-4d0e-9a57-1d0b1c7e0003';

/** A well-formed order of one item at this price. */
export function draft(
  unitPrice = 1_250,
): { readonly items: readonly object[] } & Readonly<Record<string, unknown>> {
  return {
    merchantId: MERCHANT_ID,
    currency: 'EUR',
    items: [{ sku: 'TEA-OOLONG-100', quantity: 1, unitPrice }],
  };
}

/** @throws ZodError when the order is not placed */
export async function place(customer: ApiClient, unitPrice?: number): Promise<Order> {
  return order.parse((await customer.post('/orders', draft(unitPrice))).body);
}

/** Places an order and pays it. @throws ZodError when that is refused */
export async function placeAndPay(
  customer: ApiClient,
  unitPrice?: number,
): Promise<{ readonly order: Order; readonly payment: Payment }> {
  const { id } = await place(customer, unitPrice);
  const paid = order.parse((await customer.post(`/orders/${id}/pay`)).body);
  const answer = await customer.get(`/payments/${paid.paymentId}`);
  return { order: paid, payment: payment.parse(answer.body) };
}
