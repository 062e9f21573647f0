import { order, payment, type Order } from '@countersign/contracts';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { logEveryoneIn, type CallerName, type Callers } from '../support/demo-callers.ts';
import { draft, place, placeAndPay } from '../support/demo-orders.ts';
import { api, issuer } from '../support/running-stack.ts';

const UNKNOWN_ID = '01956f5e-9d2b-7c41-8f6a-2f6f0f4f9b1c';
const ANOTHER_SHOP = '6f1c2a54-0f3b-4d0e-9a57-1d0b1c7e0009';

let callers: Callers;

beforeAll(async () => {
  callers = await logEveryoneIn(issuer, api);
});

describe('who may do what with an order', () => {
  const placeIt = (): Promise<Order> => place(callers.customer);
  const readIt = { method: 'GET', action: '' } as const;
  const payIt = { method: 'POST', action: '/pay' } as const;
  const cancelIt = { method: 'POST', action: '/cancel' } as const;

  it.each<[caller: CallerName, request: { method: string; action: string }, status: number]>([
    ['customer', readIt, 200],
    ['customer2', readIt, 404],
    ['merchant', readIt, 200],
    ['admin', readIt, 200],
    ['service', readIt, 404],
    ['customer', payIt, 200],
    ['customer2', payIt, 404],
    ['merchant', payIt, 403],
    ['admin', payIt, 403],
    ['service', payIt, 403],
    ['customer', cancelIt, 200],
    ['customer2', cancelIt, 404],
    ['merchant', cancelIt, 403],
    ['admin', cancelIt, 200],
    ['service', cancelIt, 403],
  ])('%s: %j is answered %d', async (caller, { method, action }, status) => {
    const { id } = await placeIt();
    expect((await callers[caller].send(`/orders/${id}${action}`, { method })).status).toBe(status);
    const after = order.parse((await callers.customer.get(`/orders/${id}`)).body);
    const isChanged = status === 200 && action !== '';
    expect(after.state === 'placed').toBe(!isChanged);
  });

  it.each<[caller: CallerName, status: number]>([
    ['customer', 201],
    ['customer2', 201],
    ['merchant', 403],
    ['admin', 403],
    ['service', 403],
  ])('%s: to place one is answered %d', async (caller, status) => {
    expect((await callers[caller].post('/orders', draft())).status).toBe(status);
  });

  it.each([readIt, payIt, cancelIt])(
    "%j of another's order is answered like that of none",
    async (request) => {
      const { id } = await placeIt();
      const others = await callers.customer2.send(`/orders/${id}${request.action}`, request);
      const none = await callers.customer2.send(`/orders/${UNKNOWN_ID}${request.action}`, request);
      expect([others.status, others.body]).toEqual([404, none.body]);
    },
  );

  it('a merchant does not see the orders of another shop', async () => {
    const placed = await callers.customer.post('/orders', { ...draft(), merchantId: ANOTHER_SHOP });
    const { id } = order.parse(placed.body);
    expect((await callers.merchant.get(`/orders/${id}`)).status).toBe(404);
  });

  it('nobody pays another into a payment: it is recorded for who paid', async () => {
    const { payment: made } = await placeAndPay(callers.customer2);
    const seen = payment.parse((await callers.admin.get(`/payments/${made.id}`)).body);
    expect(seen.authorizedBy.subject).toBe(seen.customerId);
  });
});
