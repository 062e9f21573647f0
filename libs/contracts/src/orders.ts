import { z } from 'zod';
import { idempotencyKey } from './idempotency-key.js';
import { identifier } from './identifier.js';
import { defineMessage } from './message.js';
import { currencyCode, MAX_AMOUNT, minorUnits, money } from './money.js';
import { pageOf, pageRequest } from './page.js';
import { resourceId, resourceRequest } from './resource-id.js';
import { timestamp } from './timestamp.js';

const MAX_ITEMS = 100;

const orderItem = z
  .strictObject({
    sku: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'is not a stock keeping unit')
      .max(64)
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
    items: z.array(orderItem).min(1).max(MAX_ITEMS),
  })
  .refine(({ items }) => totalAmount(items) <= MAX_AMOUNT, {
    path: ['items'],
    error: `the total is more than ${MAX_AMOUNT}`,
  })
  .meta({ id: 'OrderDraft', description: 'An order to place' });

export type OrderDraft = z.output<typeof orderDraft>;

const orderState = z.enum(['placed', 'paid', 'cancelled']);

export type OrderState = z.output<typeof orderState>;

export const order = z
  .strictObject({
    id: resourceId,
    state: orderState,
    customerId: identifier.meta({ description: 'Subject who placed it' }),
    merchantId: resourceId,
    items: z.array(orderItem).max(MAX_ITEMS),
    total: money,
    paymentId: resourceId.nullable().meta({ description: 'The payment that paid it; null until then' }),
    placedAt: timestamp,
    updatedAt: timestamp,
  })
  .meta({ id: 'Order', description: 'An order, as its customer and its shop see it' });

export type Order = z.output<typeof order>;

/** An order in a list. Without its items: a page of the largest orders would not fit into a frame. */
const orderSummary = order
  .omit({ items: true })
  .extend({ itemCount: z.int().min(1).max(MAX_ITEMS).meta({ description: 'How many items it has' }) })
  .meta({ id: 'OrderSummary', description: 'An order without its items, which GET /orders/{id} has' });

export type OrderSummary = z.output<typeof orderSummary>;

export const orderPage = pageOf(orderSummary).meta({ id: 'OrderPage', description: 'Orders, newest first' });

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
