import type { OrderItem } from '@countersign/contracts';
import { sql } from 'drizzle-orm';
import {
  bigint,
  char,
  check,
  index,
  jsonb,
  pgEnum,
  pgTable,
  text,
  timestamp,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';

export const orderState = pgEnum('order_state', ['placed', 'paid', 'cancelled']);

/**
 * `issuer` belongs to both account ids: a subject is unique only within its issuer (OpenID Connect Core §5.7).
 * The items are read and written with their order and never alone, so they live in it.
 */
export const orders = pgTable(
  'orders',
  {
    id: uuid().primaryKey(),
    state: orderState().notNull().default('placed'),
    issuer: text().notNull(),
    customerId: text('customer_id').notNull(),
    merchantId: text('merchant_id').notNull(),
    items: jsonb().$type<readonly OrderItem[]>().notNull(),
    totalAmount: bigint('total_amount', { mode: 'number' }).notNull(),
    currency: char({ length: 3 }).notNull(),
    /** When a payment was first asked for: from then on payments decides whether the order can be cancelled. */
    paymentAttemptedAt: timestamp('payment_attempted_at', { withTimezone: true, precision: 3 }),
    paymentId: uuid('payment_id'),
    idempotencyKey: text('idempotency_key'),
    /** Hash of what the key was first used for. */
    draftHash: text('draft_hash').notNull(),
    placedAt: timestamp('placed_at', { withTimezone: true, precision: 3 }).notNull().defaultNow(),
    updatedAt: timestamp('updated_at', { withTimezone: true, precision: 3 }).notNull().defaultNow(),
  },
  (table) => [
    uniqueIndex('orders_idempotency_key').on(table.issuer, table.customerId, table.idempotencyKey),
    index('orders_of_customer').on(table.issuer, table.customerId, table.id),
    index('orders_of_merchant').on(table.issuer, table.merchantId, table.id),
    check('orders_total_is_positive', sql`${table.totalAmount} > 0`),
    check('orders_paid_has_payment', sql`(${table.state} = 'paid') = (${table.paymentId} IS NOT NULL)`),
  ],
);

export type OrderRow = typeof orders.$inferSelect;
/** An order of a list: its items are counted and not read. */
export type OrderSummaryRow = Omit<OrderRow, 'items'> & { readonly itemCount: number };
export type NewOrderRow = typeof orders.$inferInsert;
