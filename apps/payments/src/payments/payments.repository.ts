import { cursorAfter, idBeforeCursor, type PageRequest } from '@countersign/contracts';
import { Database } from '@countersign/platform/database';
import { Inject, Injectable } from '@nestjs/common';
import { and, desc, eq, lt, lte, or, sql, type SQL } from 'drizzle-orm';
import type { Visibility } from './payment.js';
import { payments, type NewPaymentRow, type PaymentRow } from './payments.schema.js';

/**
 * Payments in the database. Every change is one compare-and-set statement: of parallel ones the database lets
 * through what the rule allows, and the others learn it by `undefined`.
 */
@Injectable()
export class PaymentsRepository {
  private readonly orm: Database['orm'];

  constructor(@Inject(Database) database: Pick<Database, 'orm'>) {
    this.orm = database.orm;
  }

  /** Inserts the payment of an order, or answers the one that the order has. */
  async insertOrFind(payment: NewPaymentRow): Promise<PaymentRow> {
    const [row] = await this.orm
      .insert(payments)
      .values(payment)
      // An update that changes nothing: DO NOTHING would not return the row that is there.
      .onConflictDoUpdate({ target: payments.orderId, set: { orderId: sql`excluded.order_id` } })
      .returning();
    if (row === undefined) throw new Error('a payment was neither inserted nor found');
    return row;
  }

  async find(id: string, visibility: Visibility): Promise<PaymentRow | undefined> {
    const [found] = await this.orm
      .select()
      .from(payments)
      .where(and(eq(payments.id, id), isVisible(visibility)));
    return found;
  }

  /** Newest first: ids are UUIDs of version 7, which ascend with time. */
  async list(visibility: Visibility, { limit, cursor }: PageRequest) {
    const before = cursor === undefined ? undefined : lt(payments.id, idBeforeCursor(cursor));
    const rows = await this.orm
      .select()
      .from(payments)
      .where(and(isVisible(visibility), before))
      .orderBy(desc(payments.id))
      .limit(limit + 1);
    const page = rows.slice(0, limit);
    const last = rows.length > limit ? page.at(-1) : undefined;
    return { rows: page, nextCursor: last === undefined ? null : cursorAfter(last.id) };
  }

  /** Captures once: a second capture finds the payment no longer authorized. */
  async capture(id: string, amount: number): Promise<PaymentRow | undefined> {
    const [captured] = await this.orm
      .update(payments)
      .set({ state: 'captured', capturedAmount: amount, updatedAt: sql`now()` })
      .where(and(eq(payments.id, id), eq(payments.state, 'authorized')))
      .returning();
    return captured;
  }

  /** Refunds within what was captured, however many refunds of the payment run at a time. */
  async refund(id: string, amount: number): Promise<PaymentRow | undefined> {
    const total = sql<number>`${payments.refundedAmount} + ${amount}`;
    const [refunded] = await this.orm
      .update(payments)
      .set({
        state: sql`CASE WHEN ${total} = ${payments.capturedAmount}
          THEN 'refunded'::payment_state ELSE 'captured'::payment_state END`,
        refundedAmount: total,
        updatedAt: sql`now()`,
      })
      .where(and(eq(payments.id, id), eq(payments.state, 'captured'), lte(total, payments.capturedAmount)))
      .returning();
    return refunded;
  }
}

function isVisible({ issuer, parties }: Visibility): SQL | undefined {
  if (parties === 'all') return eq(payments.issuer, issuer);
  const { customerId, merchantId } = parties;
  const isParty = or(
    customerId === undefined ? undefined : eq(payments.customerId, customerId),
    merchantId === undefined ? undefined : eq(payments.merchantId, merchantId),
  );
  // No party at all must not read as no condition: drizzle leaves out what is undefined.
  return and(eq(payments.issuer, issuer), isParty ?? sql`false`);
}
