import { cursorAfter, idBeforeCursor, type PageRequest } from '@countersign/contracts';
import { Database } from '@countersign/platform/database';
import { Inject, Injectable } from '@nestjs/common';
import { and, desc, eq, lt, or, sql, type SQL } from 'drizzle-orm';
import type { PaymentChange, Visibility } from './payment.js';
import { refusal } from './payment-refusal.js';
import {
  payments,
  settlements,
  type NewPaymentRow,
  type PaymentRow,
  type Settlement,
} from './payments.schema.js';

/** Payments in the database. Of parallel changes it lets through what the rules allow. */
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

  /**
   * Captures or refunds, one at a time for each payment: `decide` sees what all before it have left. A settlement that
   * is there under its key is not done again.
   *
   * @param decide what to change; what it throws leaves everything as it was
   * @returns the payment as it then is, or `undefined` when there is none
   * @throws ServiceError `idempotency_key_reused`
   */
  async settle(
    settlement: Settlement,
    visibility: Visibility,
    decide: (payment: PaymentRow) => PaymentChange,
  ): Promise<PaymentRow | undefined> {
    const { paymentId, idempotencyKey } = settlement;
    return this.orm.transaction(async (transaction) => {
      const [payment] = await transaction
        .select()
        .from(payments)
        .where(and(eq(payments.id, paymentId), isVisible(visibility)))
        .for('update');
      if (payment === undefined || (await isDone(transaction, settlement))) return payment;
      const change = { ...decide(payment), updatedAt: sql`now()` };
      const [settled] = await transaction
        .update(payments)
        .set(change)
        .where(eq(payments.id, paymentId))
        .returning();
      if (idempotencyKey !== undefined) {
        await transaction.insert(settlements).values({ ...settlement, idempotencyKey });
      }
      return settled;
    });
  }
}

/** Whether the same has been done under the same key. */
async function isDone(
  orm: Pick<Database['orm'], 'select'>,
  { paymentId, kind, idempotencyKey, requested }: Settlement,
): Promise<boolean> {
  if (idempotencyKey === undefined) return false;
  const [done] = await orm
    .select()
    .from(settlements)
    .where(
      and(
        eq(settlements.paymentId, paymentId),
        eq(settlements.kind, kind),
        eq(settlements.idempotencyKey, idempotencyKey),
      ),
    );
  if (done !== undefined && done.requested !== requested) {
    throw refusal('idempotency_key_reused', `This Idempotency-Key was used for a different ${kind}.`);
  }
  return done !== undefined;
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
