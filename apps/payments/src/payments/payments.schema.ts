import type { AuthorizedBy } from '@countersign/contracts';
import { sql } from 'drizzle-orm';
import {
  bigint,
  char,
  check,
  index,
  jsonb,
  pgEnum,
  pgTable,
  primaryKey,
  text,
  timestamp,
  uuid,
} from 'drizzle-orm/pg-core';

export const paymentState = pgEnum('payment_state', ['authorized', 'captured', 'refunded', 'abandoned']);

/**
 * One payment for an order, ever: `order_id` is unique, and so decides between an authorization and an
 * abandonment that race. `issuer` belongs to both account ids: a subject is unique only within its issuer (OpenID
 * Connect Core §5.7).
 */
export const payments = pgTable(
  'payments',
  {
    id: uuid().primaryKey(),
    orderId: uuid('order_id').notNull().unique(),
    state: paymentState().notNull(),
    issuer: text().notNull(),
    customerId: text('customer_id').notNull(),
    merchantId: text('merchant_id').notNull(),
    amount: bigint({ mode: 'number' }).notNull(),
    currency: char({ length: 3 }).notNull(),
    capturedAmount: bigint('captured_amount', { mode: 'number' }).notNull().default(0),
    refundedAmount: bigint('refunded_amount', { mode: 'number' }).notNull().default(0),
    authorizedBy: jsonb('authorized_by').$type<AuthorizedBy>().notNull(),
    createdAt: timestamp('created_at', { withTimezone: true, precision: 3 }).notNull().defaultNow(),
    updatedAt: timestamp('updated_at', { withTimezone: true, precision: 3 }).notNull().defaultNow(),
  },
  (table) => [
    index('payments_of_customer').on(table.issuer, table.customerId, table.id),
    index('payments_of_merchant').on(table.issuer, table.merchantId, table.id),
    check('payments_amount_is_positive', sql`${table.amount} > 0`),
    check('payments_captured_within_amount', sql`${table.capturedAmount} BETWEEN 0 AND ${table.amount}`),
    check(
      'payments_refunded_within_captured',
      sql`${table.refundedAmount} BETWEEN 0 AND ${table.capturedAmount}`,
    ),
  ],
);

export const settlementKind = pgEnum('settlement_kind', ['capture', 'refund']);

/** What has been captured and refunded under an Idempotency-Key, so that a retry is told from another request. */
export const settlements = pgTable(
  'settlements',
  {
    paymentId: uuid('payment_id')
      .notNull()
      .references(() => payments.id, { onDelete: 'cascade' }),
    kind: settlementKind().notNull(),
    idempotencyKey: text('idempotency_key').notNull(),
    /** What the key was first used for: an amount and its currency, or `all`. */
    requested: text().notNull(),
  },
  (table) => [primaryKey({ columns: [table.paymentId, table.kind, table.idempotencyKey] })],
);

export type Settlement = Omit<typeof settlements.$inferSelect, 'idempotencyKey'> & {
  readonly idempotencyKey: string | undefined;
};
export type PaymentRow = typeof payments.$inferSelect;
export type NewPaymentRow = typeof payments.$inferInsert;
