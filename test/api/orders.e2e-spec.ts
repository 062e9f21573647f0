import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { order, orderPage, paymentPage } from '@countersign/contracts';
import { logEveryoneIn, type CallerName, type Callers } from '../support/demo-callers.ts';
import { draft, MERCHANT_ID, place, placeAndPay } from '../support/demo-orders.ts';
import { api, issuer } from '../support/running-stack.ts';

/** An order of this total is declined, as a card would be. */
const DECLINED = 40_200;

let callers: Callers;

beforeAll(async () => {
  callers = await logEveryoneIn(issuer, api);
});

describe('a customer', () => {
  it('places an order, reads it, pays it, and finds it paid', async () => {
    const { customer } = callers;
    const placed = await customer.post('/orders', draft());
    const { id, ...rest } = order.parse(placed.body);
    expect([placed.status, placed.headers.get('location')]).toEqual([201, `/orders/${id}`]);
    expect(rest).toMatchObject({
      state: 'placed',
      merchantId: MERCHANT_ID,
      total: { amount: 1_250, currency: 'EUR' },
      paymentId: null,
    });
    expect(await customer.get(`/orders/${id}`)).toMatchObject({ status: 200, body: placed.body as object });

    const paid = await customer.post(`/orders/${id}/pay`);
    expect([paid.status, order.parse(paid.body).state]).toEqual([200, 'paid']);
    expect((await customer.get(`/orders/${id}`)).body).toEqual(paid.body);
  });

  it('pays as the same subject on every hop, and payments sees that orders calls', async () => {
    const paid = await placeAndPay(callers.customer);
    expect(paid.payment).toMatchObject({
      orderId: paid.order.id,
      customerId: paid.order.customerId,
      amount: paid.order.total,
      authorizedBy: { subject: paid.order.customerId, clientId: 'demo-web', workload: 'orders' },
    });
  });

  it('cancels an order, which can then not be paid', async () => {
    const { id } = await place(callers.customer);
    expect(await callers.customer.post(`/orders/${id}/cancel`)).toMatchObject({
      status: 200,
      body: { state: 'cancelled' },
    });
    expect(await callers.customer.post(`/orders/${id}/pay`)).toMatchObject({
      status: 409,
      body: { code: 'order_not_payable' },
    });
  });

  it('cannot cancel an order that is paid', async () => {
    const { order: paid } = await placeAndPay(callers.customer);
    expect(await callers.customer.post(`/orders/${paid.id}/cancel`)).toMatchObject({
      status: 409,
      body: { code: 'order_not_cancellable' },
    });
  });

  it('whose payment is declined keeps the order, and can cancel it', async () => {
    const { id } = await place(callers.customer, DECLINED);
    expect(await callers.customer.post(`/orders/${id}/pay`)).toMatchObject({
      status: 402,
      body: { code: 'payment_declined' },
    });
    expect(await callers.customer.get(`/orders/${id}`)).toMatchObject({ body: { state: 'placed' } });
    expect(await callers.customer.post(`/orders/${id}/cancel`)).toMatchObject({
      body: { state: 'cancelled' },
    });
  });

  it('that pays 20 times at once pays once', async () => {
    const { id } = await place(callers.customer);
    const attempts = Array.from({ length: 20 }, () => callers.customer.post(`/orders/${id}/pay`));
    const paid = (await Promise.all(attempts)).map(({ body }) => order.parse(body));
    expect(new Set(paid.map(({ state, paymentId }) => `${state} ${paymentId}`)).size).toBe(1);
    const { data } = paymentPage.parse((await callers.customer.get('/payments?limit=100')).body);
    expect(data.filter(({ orderId }) => orderId === id)).toHaveLength(1);
  });

  it('that pays and cancels at once ends with an order that is either, and a payment that agrees', async () => {
    const { id } = await place(callers.customer);
    const path = `/orders/${id}`;
    await Promise.all([callers.customer.post(`${path}/pay`), callers.customer.post(`${path}/cancel`)]);
    const { state, paymentId } = order.parse((await callers.customer.get(path)).body);
    const { data } = paymentPage.parse((await callers.customer.get('/payments?limit=100')).body);
    const authorized = data.filter((one) => one.orderId === id && one.state === 'authorized');
    expect(['paid', 'cancelled']).toContain(state);
    expect(authorized.map((one) => one.id)).toEqual(state === 'paid' ? [paymentId] : []);
  });
});

describe('an Idempotency-Key', () => {
  it('makes one order of a request that is repeated, 20 times at once', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    const attempts = Array.from({ length: 20 }, () => callers.customer.post('/orders', draft(), headers));
    const answers = await Promise.all(attempts);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    expect(new Set(answers.map(({ body }) => order.parse(body).id)).size).toBe(1);
  });

  it('is refused with another order', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    await callers.customer.post('/orders', draft(), headers);
    expect(await callers.customer.post('/orders', draft(999), headers)).toMatchObject({
      status: 422,
      body: { code: 'idempotency_key_reused' },
    });
  });

  it("is the caller's own: another customer with the same one places another order", async () => {
    const headers = { 'idempotency-key': randomUUID() };
    const mine = order.parse((await callers.customer.post('/orders', draft(), headers)).body);
    const theirs = order.parse((await callers.customer2.post('/orders', draft(), headers)).body);
    expect(theirs.id).not.toBe(mine.id);
    expect(theirs.customerId).not.toBe(mine.customerId);
  });
});

describe('the list of orders', () => {
  it('holds 100 of the largest orders, and the next request is answered as well', async () => {
    const item = { sku: 'S'.repeat(64), quantity: 1_000, unitPrice: 99_999 };
    const largest = { ...draft(), items: Array.from({ length: 100 }, () => item) };
    for (let batch = 0; batch < 10; batch++) {
      const placed = Array.from({ length: 10 }, () => callers.customer2.post('/orders', largest));
      expect((await Promise.all(placed)).map(({ status }) => status)).toEqual(Array(10).fill(201));
    }
    const answer = await callers.customer2.get('/orders?limit=100');
    expect(answer.status).toBe(200);
    const { data } = orderPage.parse(answer.body);
    expect(data.map(({ itemCount }) => itemCount)).toEqual(Array(100).fill(100));
    const one = order.parse((await callers.customer2.get(`/orders/${data[0]?.id}`)).body);
    expect(one.items).toEqual(largest.items);
  });

  it('comes in pages, newest first, with no order left out or twice', async () => {
    const placed = [
      await place(callers.customer2),
      await place(callers.customer2),
      await place(callers.customer2),
    ];
    const ids: string[] = [];
    let next: string | null = '';
    while (next !== null && !ids.includes(placed[0]?.id ?? '')) {
      const cursor: string = next === '' ? '' : `&cursor=${next}`;
      const page = orderPage.parse((await callers.customer2.get(`/orders?limit=2${cursor}`)).body);
      expect(page.data.length).toBeLessThanOrEqual(2);
      ids.push(...page.data.map(({ id }) => id));
      next = page.nextCursor;
    }
    expect(ids).toEqual([...new Set(ids)].toSorted().toReversed());
    expect(ids).toEqual(expect.arrayContaining(placed.map(({ id }) => id)));
  });

  it.each<[caller: CallerName, mayKnow: boolean]>([
    ['customer', true],
    ['customer2', false],
    ['merchant', true],
    ['admin', true],
    ['service', false],
  ])('of %s has the order of a customer at the merchant: %s', async (caller, mayKnow) => {
    const { id } = await place(callers.customer);
    const { data } = orderPage.parse((await callers[caller].get('/orders?limit=100')).body);
    expect(data.some((one) => one.id === id)).toBe(mayKnow);
  });
});
