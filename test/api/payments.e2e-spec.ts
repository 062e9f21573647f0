import { randomUUID } from 'node:crypto';
import { payment, paymentPage, type Payment } from '@countersign/contracts';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { logEveryoneIn, type CallerName, type Callers } from '../support/demo-callers.ts';
import { placeAndPay } from '../support/demo-orders.ts';
import { api, issuer } from '../support/running-stack.ts';

const UNKNOWN_ID = '01956f5e-9d2b-7c41-8f6a-2f6f0f4f9b1c';

let callers: Callers;

beforeAll(async () => {
  callers = await logEveryoneIn(issuer, api);
});

/** A payment of 12.50 EUR by the customer to the merchant. */
async function authorized(): Promise<Payment> {
  return (await placeAndPay(callers.customer, 1_250)).payment;
}

async function captured(): Promise<Payment> {
  const { id } = await authorized();
  return payment.parse((await callers.merchant.post(`/payments/${id}/capture`)).body);
}

function euros(amount: number): { readonly amount: { readonly amount: number; readonly currency: string } } {
  return { amount: { amount, currency: 'EUR' } };
}

describe('a merchant', () => {
  it('captures a payment to its shop, and refunds it', async () => {
    const { id } = await authorized();
    expect(await callers.merchant.post(`/payments/${id}/capture`)).toMatchObject({
      status: 200,
      body: { state: 'captured', capturedAmount: 1_250, refundedAmount: 0 },
    });
    expect(await callers.merchant.post(`/payments/${id}/refund`)).toMatchObject({
      status: 200,
      body: { state: 'refunded', capturedAmount: 1_250, refundedAmount: 1_250 },
    });
  });

  it('captures a part, and refunds it in parts', async () => {
    const { id } = await authorized();
    const capture = await callers.merchant.post(`/payments/${id}/capture`, euros(1_000));
    const first = await callers.merchant.post(`/payments/${id}/refund`, euros(400));
    const second = await callers.merchant.post(`/payments/${id}/refund`, euros(600));
    expect([capture.body, first.body, second.body]).toMatchObject([
      { state: 'captured', capturedAmount: 1_000, refundedAmount: 0 },
      { state: 'captured', capturedAmount: 1_000, refundedAmount: 400 },
      { state: 'refunded', capturedAmount: 1_000, refundedAmount: 1_000 },
    ]);
  });

  it('that captures 20 times at once captures once', async () => {
    const { id } = await authorized();
    const attempts = Array.from({ length: 20 }, () => callers.merchant.post(`/payments/${id}/capture`));
    const statuses = (await Promise.all(attempts)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    expect(statuses.filter((status) => status === 409)).toHaveLength(19);
  });

  it('that refunds a part 20 times at once never gives back more than was captured', async () => {
    const { id } = await captured();
    const attempts = Array.from({ length: 20 }, () =>
      callers.merchant.post(`/payments/${id}/refund`, euros(500)),
    );
    const statuses = (await Promise.all(attempts)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(2);
    expect(await callers.merchant.get(`/payments/${id}`)).toMatchObject({
      body: { state: 'captured', refundedAmount: 1_000 },
    });
  });

  it.each<
    [
      deviation: string,
      make: () => Promise<Payment>,
      action: string,
      body: object | undefined,
      status: number,
      code: string,
    ]
  >([
    ['captures more than was authorized', authorized, 'capture', euros(1_251), 422, 'amount_too_large'],
    [
      'captures in another currency',
      authorized,
      'capture',
      { amount: { amount: 1, currency: 'USD' } },
      422,
      'currency_mismatch',
    ],
    ['captures twice', captured, 'capture', undefined, 409, 'payment_not_capturable'],
    ['refunds what was not captured', authorized, 'refund', undefined, 409, 'payment_not_refundable'],
    ['refunds more than was captured', captured, 'refund', euros(1_251), 422, 'amount_too_large'],
    [
      'refunds in another currency',
      captured,
      'refund',
      { amount: { amount: 1, currency: 'USD' } },
      422,
      'currency_mismatch',
    ],
  ])('that %s is refused, and nothing moves', async (_deviation, make, action, body, status, code) => {
    const before = await make();
    const answer = await callers.merchant.post(`/payments/${before.id}/${action}`, body);
    expect([answer.status, answer.body]).toMatchObject([status, { code }]);
    expect((await callers.merchant.get(`/payments/${before.id}`)).body).toEqual(before);
  });

  it.each<[deviation: string, body: object]>([
    ['0', euros(0)],
    ['a negative amount', euros(-1)],
    ['a fraction of a cent', euros(0.5)],
    ['a number as text', { amount: { amount: '1', currency: 'EUR' } }],
    ['an amount without a currency', { amount: { amount: 1 } }],
    ['an unknown member', { amount: { amount: 1, currency: 'EUR' }, reason: 'none' }],
    ['an amount that no number holds', euros(1e308)],
  ])('cannot capture %s', async (_deviation, body) => {
    const before = await authorized();
    expect((await callers.merchant.post(`/payments/${before.id}/capture`, body)).status).toBe(400);
    expect((await callers.merchant.get(`/payments/${before.id}`)).body).toEqual(before);
  });
});

describe('an Idempotency-Key', () => {
  it('refunds a part once, though it is asked for 20 times at once and again', async () => {
    const { id } = await captured();
    const key = { 'idempotency-key': randomUUID() };
    const refund = () => callers.merchant.post(`/payments/${id}/refund`, euros(500), key);
    const answers = [...(await Promise.all(Array.from({ length: 20 }, refund))), await refund()];
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(await callers.merchant.get(`/payments/${id}`)).toMatchObject({
      body: { state: 'captured', refundedAmount: 500 },
    });
  });

  it.each(['capture', 'refund'])('answers a %s of all again as it was', async (action) => {
    const { id } = action === 'capture' ? await authorized() : await captured();
    const key = { 'idempotency-key': randomUUID() };
    const first = await callers.merchant.post(`/payments/${id}/${action}`, undefined, key);
    const again = await callers.merchant.post(`/payments/${id}/${action}`, undefined, key);
    expect([first.status, again.status, again.body]).toEqual([200, 200, first.body]);
  });

  it.each([
    ['capture', authorized],
    ['refund', captured],
  ])('is refused with another %s', async (action, make) => {
    const { id } = await make();
    const key = { 'idempotency-key': randomUUID() };
    await callers.merchant.post(`/payments/${id}/${action}`, euros(500), key);
    expect(await callers.merchant.post(`/payments/${id}/${action}`, euros(501), key)).toMatchObject({
      status: 422,
      body: { code: 'idempotency_key_reused' },
    });
  });

  it('that is malformed is refused, and nothing moves', async () => {
    const before = await captured();
    const key = { 'idempotency-key': 'a b' };
    expect((await callers.merchant.post(`/payments/${before.id}/refund`, euros(1), key)).status).toBe(400);
    expect((await callers.merchant.get(`/payments/${before.id}`)).body).toEqual(before);
  });
});

describe('who may do what with a payment', () => {
  const readIt = { method: 'GET', action: '' } as const;
  const captureIt = { method: 'POST', action: '/capture' } as const;

  it.each<[caller: CallerName, request: { method: string; action: string }, status: number]>([
    ['customer', readIt, 200],
    ['customer2', readIt, 404],
    ['merchant', readIt, 200],
    ['admin', readIt, 200],
    ['service', readIt, 404],
    ['customer', captureIt, 403],
    ['customer2', captureIt, 403],
    ['merchant', captureIt, 200],
    ['admin', captureIt, 200],
    ['service', captureIt, 403],
  ])('%s: %j is answered %d', async (caller, { method, action }, status) => {
    const { id } = await authorized();
    expect((await callers[caller].send(`/payments/${id}${action}`, { method })).status).toBe(status);
    const after = payment.parse((await callers.customer.get(`/payments/${id}`)).body);
    expect(after.state).toBe(status === 200 && action === '/capture' ? 'captured' : 'authorized');
  });

  it.each<[caller: CallerName, status: number]>([
    ['customer', 403],
    ['customer2', 403],
    ['merchant', 200],
    ['admin', 200],
    ['service', 403],
  ])('%s: to refund one is answered %d', async (caller, status) => {
    const { id } = await captured();
    expect((await callers[caller].post(`/payments/${id}/refund`)).status).toBe(status);
  });

  it.each<[caller: CallerName, mayKnow: boolean]>([
    ['customer', true],
    ['customer2', false],
    ['merchant', true],
    ['admin', true],
    ['service', false],
  ])('the list of %s has the payment of a customer to the merchant: %s', async (caller, mayKnow) => {
    const { id } = await authorized();
    const { data } = paymentPage.parse((await callers[caller].get('/payments?limit=100')).body);
    expect(data.some((one) => one.id === id)).toBe(mayKnow);
  });

  it("another's payment is answered like one that is not there", async () => {
    const { id } = await authorized();
    const others = await callers.customer2.get(`/payments/${id}`);
    const none = await callers.customer2.get(`/payments/${UNKNOWN_ID}`);
    expect([others.status, others.body]).toEqual([404, none.body]);
  });

  it.each(['', '/authorize', '/abandon'])(
    'nobody reaches by HTTP what orders alone may ask: POST /payments%s',
    async (path) => {
      const { id } = await authorized();
      expect((await callers.admin.post('/payments', euros(1))).status).toBe(404);
      expect((await callers.admin.post(`/payments/${id}${path}`, euros(1))).status).toBe(404);
    },
  );
});
