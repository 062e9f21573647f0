import { z } from 'zod';
import { defineMessage } from './message.js';
import { currencyCode, MAX_AMOUNT, minorUnits, money } from './money.js';
import { pageOf, pageRequest } from './page.js';
import { resourceId, resourceRequest } from './resource-id.js';

const orderItem = z
  .strictObject({
    sku: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'is not a stock keeping unit')
      .meta({ description: 'Stock keeping unit: what is ordered', example: 'TEA-OOLONG-100' }),
    quantity: z.int().min(1).max(1_000).meta({ description: 'How many', example: 2 }),
    unitPrice: minorUnits,
  })
  .meta({ id: 'OrderItem', description: 'One line of an order' });

export type OrderItem = z.output<typeof orderItem>;

/** The order's sum in minor units. Exact: within the limits above it stays far below 2^53. */
export function totalAmount(items: readonly OrderItem[]): number {
  return items.reduce((sum, { quantity, unitPrice }) => sum + quantity * unitPrice, 0);
}

/** What a customer sends. One currency for all items, by construction. */
export const orderDraft = z
  .strictObject({
    merchantId: resourceId.meta({ description: "The shop: its merchant's account" }),
    currency: currencyCode,
    items: z.array(orderItem).min(1).max(100),
  })
  .refine(({ items }) => totalAmount(items) <= MAX_AMOUNT, {
    path: ['items'],
    error: `the total is more than ${MAX_AMOUNT}`,
  })
  .meta({ id: 'OrderDraft', description: 'An order to place' });

export type OrderDraft = z.output<typeof orderDraft>;

/** The caller's name for one attempt to place (draft-ietf-httpapi-idempotency-key-header): a retry repeats it. */
export const idempotencyKey = z
  .string()
  .regex(/^[\x21-\x7e]{1,255}$/, 'is not 1 to 255 printable ASCII characters')
  .meta({ description: 'Repeat it in a retry, and the order is placed once', example: '6f1c9c0e-cart-17' });

const orderState = z.enum(['placed', 'paid', 'cancelled']);

export type OrderState = z.output<typeof orderState>;

export const order = z
  .strictObject({
    id: resourceId,
    state: orderState,
    customerId: z.string().meta({ description: 'Subject who placed it' }),
    merchantId: resourceId,
    items: z.array(orderItem),
    total: money,
    paymentId: resourceId.nullable().meta({ description: 'The payment that paid it; null until then' }),
    placedAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .meta({ id: 'Order', description: 'An order, as its customer and its shop see it' });

export type Order = z.output<typeof order>;

export const orderPage = pageOf(order).meta({ id: 'OrderPage', description: 'Orders, newest first' });

export type OrderPage = z.output<typeof orderPage>;

export const placeOrder = defineMessage({
  pattern: 'orders.place',
  request: orderDraft.safeExtend({ idempotencyKey: idempotencyKey.optional() }),
  response: order,
});

export type PlaceOrderRequest = z.output<typeof placeOrder.request>;

export const getOrder = defineMessage({ pattern: 'orders.get', request: resourceRequest, response: order });

export const listOrders = defineMessage({
  pattern: 'orders.list',
  request: pageRequest,
  response: orderPage,
});

export const cancelOrder = defineMessage({
  pattern: 'orders.cancel',
  request: resourceRequest,
  response: order,
});

export const payOrder = defineMessage({ pattern: 'orders.pay', request: resourceRequest, response: order });
