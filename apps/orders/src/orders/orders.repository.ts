import { cursorAfter, idBeforeCursor, type OrderState, type PageRequest } from '@countersign/contracts';
import { Database } from '@countersign/platform/database';
import { Inject, Injectable } from '@nestjs/common';
import { and, desc, eq, getTableColumns, isNull, lt, or, sql, type SQL } from 'drizzle-orm';
import type { Visibility } from './order.js';
import { orders, type NewOrderRow, type OrderRow, type OrderSummaryRow } from './orders.schema.js';

const { items, ...columnsWithoutItems } = getTableColumns(orders);

/**
 * Orders in the database. Every change is one compare-and-set statement: of parallel ones the database lets one
 * through, and the others learn it by `undefined`.
 */
@Injectable()
export class OrdersRepository {
  private readonly orm: Database['orm'];

  constructor(@Inject(Database) database: Pick<Database, 'orm'>) {
    this.orm = database.orm;
  }

  /** Inserts the order, or answers the one that the customer placed before with the same idempotency key. */
  async insertOrFind(order: NewOrderRow): Promise<OrderRow> {
    const [row] = await this.orm
      .insert(orders)
      .values(order)
      // An update that changes nothing: DO NOTHING would not return the row that is there.
      .onConflictDoUpdate({
        target: [orders.issuer, orders.customerId, orders.idempotencyKey],
        set: { idempotencyKey: sql`excluded.idempotency_key` },
      })
      .returning();
    if (row === undefined) throw new Error('an order was neither inserted nor found');
    return row;
  }

  async find(id: string, visibility: Visibility): Promise<OrderRow | undefined> {
    const [found] = await this.orm
      .select()
      .from(orders)
      .where(and(eq(orders.id, id), isVisible(visibility)));
    return found;
  }

  /** Newest first: ids are UUIDs of version 7, which ascend with time. */
  async list(visibility: Visibility, { limit, cursor }: PageRequest) {
    const rows: OrderSummaryRow[] = await this.orm
      .select({ ...columnsWithoutItems, itemCount: sql<number>`jsonb_array_length(${items})` })
      .from(orders)
      .where(
        and(isVisible(visibility), cursor === undefined ? undefined : lt(orders.id, idBeforeCursor(cursor))),
      )
      .orderBy(desc(orders.id))
      .limit(limit + 1);
    const page = rows.slice(0, limit);
    const last = rows.length > limit ? page.at(-1) : undefined;
    return { rows: page, nextCursor: last === undefined ? null : cursorAfter(last.id) };
  }

  /** Records that a payment is about to be asked for. */
  async markPaymentAttempted(id: string): Promise<OrderRow | undefined> {
    return this.changePlaced(id, { paymentAttemptedAt: sql`coalesce(${orders.paymentAttemptedAt}, now())` });
  }

  async markPaid(id: string, paymentId: string): Promise<OrderRow | undefined> {
    return this.changePlaced(id, { state: 'paid', paymentId });
  }

  /** Cancels an order that no payment was ever asked for. */
  async cancelUnattempted(id: string, visibility: Visibility): Promise<OrderRow | undefined> {
    return this.changePlaced(
      id,
      { state: 'cancelled' },
      and(isVisible(visibility), isNull(orders.paymentAttemptedAt)),
    );
  }

  /** Cancels an order whose payment has been abandoned for good. */
  async cancelAbandoned(id: string): Promise<OrderRow | undefined> {
    return this.changePlaced(id, { state: 'cancelled' });
  }

  private async changePlaced(id: string, change: Change, condition?: SQL): Promise<OrderRow | undefined> {
    const [changed] = await this.orm
      .update(orders)
      .set({ ...change, updatedAt: sql`now()` })
      .where(and(eq(orders.id, id), eq(orders.state, 'placed'), condition))
      .returning();
    return changed;
  }
}

interface Change {
  readonly state?: OrderState;
  readonly paymentId?: string;
  readonly paymentAttemptedAt?: SQL;
}

function isVisible({ issuer, parties }: Visibility): SQL | undefined {
  if (parties === 'all') return eq(orders.issuer, issuer);
  const { customerId, merchantId } = parties;
  return and(
    eq(orders.issuer, issuer),
    or(
      eq(orders.customerId, customerId),
      merchantId === undefined ? undefined : eq(orders.merchantId, merchantId),
    ),
  );
}
