import { setTimeout as delay } from 'node:timers/promises';
import { order, paymentPage } from '@countersign/contracts';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ApiClient, type Answer } from '../support/api-client.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { draft, MERCHANT_ID, place, placeAndPay } from '../support/demo-orders.ts';
import { DemoWebClient } from '../support/demo-web-client.ts';
import { TestStack } from '../support/test-stack.ts';

/** An embedded database cannot be out of reach; its faults are those of database-fault.interceptor.spec.ts. */
const POSTGRES_URL = process.env['TEST_POSTGRES_URL'];
const OUTAGE_LIMIT_MS = 2_000;

/** A 503 problem that says when to come again (RFC 9110 §10.2.3). */
const outage = {
  status: 503,
  headers: expect.objectContaining({ 'retry-after': expect.stringMatching(/^[1-9]\d*$/) }),
  body: expect.objectContaining({ title: 'Service Unavailable', status: 503 }),
};

let stack: TestStack;
let accessToken: string;
let customer: ApiClient;

beforeAll(async () => {
  stack = await TestStack.prepare();
  await stack.start();
  ({ access_token: accessToken } = await new DemoWebClient(stack.issuer).logIn('customer@example.com'));
  customer = new ApiClient(stack.api, accessToken);
});

afterAll(async () => {
  await stack.dispose();
});

/** What was answered, and how long it took. */
async function timed(call: () => Promise<Answer>) {
  const startedAt = performance.now();
  const { status, headers, body } = await call();
  const milliseconds = performance.now() - startedAt;
  return { answer: { status, headers: Object.fromEntries(headers), body }, milliseconds };
}

async function paymentsOf(orderId: string): Promise<number> {
  const { data } = paymentPage.parse((await customer.get('/payments?limit=100')).body);
  return data.filter((payment) => payment.orderId === orderId).length;
}

describe('while orders is down', () => {
  beforeAll(async () => {
    await stack.stack.stopApp('orders');
  });

  it('its routes answer 503 in 2 s, and the others go on working', async () => {
    const { answer, milliseconds } = await timed(() => customer.get('/orders'));
    expect(answer).toEqual(outage);
    expect(milliseconds).toBeLessThan(OUTAGE_LIMIT_MS);
    expect(await customer.get('/me')).toMatchObject({ status: 200 });
    expect(await customer.get('/payments')).toMatchObject({ status: 200 });
  });

  it('and when it is back, the gateway finds it without a restart', async () => {
    await stack.start(['orders']);
    expect(await customer.get('/orders')).toMatchObject({ status: 200 });
  });
});

describe('while payments is down', () => {
  let id: string;

  beforeAll(async () => {
    ({ id } = await place(customer));
    await stack.stack.stopApp('payments');
  });

  it('paying is answered 503 in 2 s, and the order stays placed', async () => {
    const { answer, milliseconds } = await timed(() => customer.post(`/orders/${id}/pay`));
    expect(answer).toEqual(outage);
    expect(milliseconds).toBeLessThan(OUTAGE_LIMIT_MS);
    expect(await customer.get(`/orders/${id}`)).toMatchObject({ body: { state: 'placed' } });
  });

  it('an order whose payment was tried cannot be cancelled, as it may have been paid', async () => {
    expect(await customer.post(`/orders/${id}/cancel`)).toMatchObject({ status: 503 });
  });

  it('and when it is back, the order is paid, once', async () => {
    await stack.start(['payments']);
    expect(await customer.post(`/orders/${id}/pay`)).toMatchObject({ status: 200, body: { state: 'paid' } });
    expect(await paymentsOf(id)).toBe(1);
  });
});

describe('while a service is frozen', () => {
  it('orders: its routes answer 503 in 2 s, and again 200 when it goes on', async () => {
    stack.stack.process('orders').kill('SIGSTOP');
    const { answer, milliseconds } = await timed(() => customer.get('/orders'));
    stack.stack.process('orders').kill('SIGCONT');
    expect(answer).toEqual(outage);
    expect(milliseconds).toBeLessThan(OUTAGE_LIMIT_MS);
    expect(await customer.get('/orders')).toMatchObject({ status: 200 });
  });

  it('payments: paying is answered 503 in 2 s, and is done once, however often it is tried', async () => {
    const { id } = await place(customer);
    stack.stack.process('payments').kill('SIGSTOP');
    const { answer, milliseconds } = await timed(() => customer.post(`/orders/${id}/pay`));
    stack.stack.process('payments').kill('SIGCONT');
    expect(answer).toEqual(outage);
    expect(milliseconds).toBeLessThan(OUTAGE_LIMIT_MS);
    expect(await customer.post(`/orders/${id}/pay`)).toMatchObject({ status: 200, body: { state: 'paid' } });
    expect(await paymentsOf(id)).toBe(1);
  });
});

describe('orders, killed under load and started again', () => {
  it('has every order that it said it had placed', async () => {
    const answers: Promise<Answer>[] = [];
    for (let count = 0; count < 60; count++) {
      if (count === 30) stack.stack.process('orders').kill('SIGKILL');
      answers.push(customer.post('/orders', draft()));
      await delay(5);
    }
    const results = await Promise.all(answers);
    expect(results.filter(({ status }) => ![201, 503].includes(status))).toEqual([]);
    const placed = results.filter(({ status }) => status === 201).map(({ body }) => order.parse(body));
    expect(placed.length).toBeGreaterThan(0);
    expect(placed.length).toBeLessThan(60);

    await stack.stack.stopApp('orders');
    await stack.start(['orders']);
    const found = await Promise.all(placed.map(({ id }) => customer.get(`/orders/${id}`)));
    expect(found.map(({ body }) => body)).toEqual(placed);
  });
});

describe('while auth is down', () => {
  beforeAll(async () => {
    await stack.stack.stopApp('auth');
  });

  it('access tokens that are valid go on working', async () => {
    expect(await customer.get('/me')).toMatchObject({ status: 200 });
    expect(await customer.post('/orders', draft())).toMatchObject({ status: 201 });
  });

  it('a token that nobody signed is still refused, as what it is', async () => {
    const forged = new ApiClient(stack.api, `${accessToken.slice(0, -8)}AAAAAAAA`);
    expect(await forged.get('/me')).toMatchObject({ status: 401 });
  });

  it('a gateway that starts then blames itself and not the token, until auth is there (BEA-10, F03)', async () => {
    await stack.stack.stopApp('gateway');
    const ready = stack.start(['gateway']);
    await retryUntilListening(() => customer.get('/me'));
    const { answer, milliseconds } = await timed(() => customer.get('/me'));
    expect(answer).toEqual(outage);
    expect(answer.headers).not.toHaveProperty('www-authenticate');
    expect(milliseconds).toBeLessThan(OUTAGE_LIMIT_MS);
    expect((await fetch(`${stack.api}/readyz`)).status).toBe(503);
    expect((await fetch(`${stack.api}/healthz`)).status).toBe(200);

    await stack.start(['auth']);
    await ready;
    expect(await customer.get('/me')).toMatchObject({ status: 200 });
  });
});

(POSTGRES_URL === undefined ? describe.skip : describe)(
  'while PostgreSQL is down (TEST_POSTGRES_URL)',
  () => {
    const sku = 'SKU-THAT-NO-LOG-HOLDS';
    const secret = { ...draft(), items: [{ sku, quantity: 1, unitPrice: 1 }] };
    let proxy: TcpProxy;
    let ownStack: TestStack;
    let buyer: ApiClient;
    let shop: ApiClient;
    let orderId: string;
    let paymentId: string;

    beforeAll(async () => {
      proxy = await TcpProxy.start(new URL(POSTGRES_URL ?? ''));
      ownStack = await TestStack.prepare({ postgresAddress: proxy.address });
      await ownStack.start();
      const logIn = async (email: string): Promise<ApiClient> =>
        new ApiClient(ownStack.api, (await new DemoWebClient(ownStack.issuer).logIn(email)).access_token);
      buyer = await logIn('customer@example.com');
      shop = await logIn('merchant@example.com');
      const paid = await placeAndPay(buyer);
      [orderId, paymentId] = [paid.order.id, paid.payment.id];
      proxy.cut();
    });

    afterAll(async () => {
      proxy.mend();
      await ownStack.dispose();
      proxy.stop();
    });

    it.each<[what: string, call: () => Promise<Answer>]>([
      ['placing an order', () => buyer.post('/orders', secret)],
      ['reading an order', () => buyer.get(`/orders/${orderId}`)],
      ['listing orders', () => buyer.get('/orders')],
      ['cancelling an order', () => buyer.post(`/orders/${orderId}/cancel`)],
      ['listing payments', () => shop.get('/payments')],
      ['capturing a payment', () => shop.post(`/payments/${paymentId}/capture`)],
    ])('%s is answered 503 in 2 s', async (_what, call) => {
      const { answer, milliseconds } = await timed(call);
      expect(answer).toEqual(outage);
      expect(answer.body).toMatchObject({ code: 'service_unavailable' });
      expect(milliseconds).toBeLessThan(OUTAGE_LIMIT_MS);
    });

    it('the services say so where they are watched, and no log has a query or what was in it', async () => {
      for (const app of ['orders', 'payments'] as const) {
        const probe = await fetch(`http://localhost:${ownStack.ports[app].management}/readyz`);
        expect([probe.status, await probe.text()]).toEqual([
          503,
          expect.not.stringContaining('Failed query'),
        ]);
      }
      // Who logged in is on record at the issuer, by account.
      const lines = ownStack.lines.filter(({ text }) => !text.includes('"context":"LoginService"'));
      const printed = lines.map(({ text }) => text).join('\n');
      expect(printed).toContain('unavailable: a query failed');
      for (const secretText of ['Failed query', sku, MERCHANT_ID, orderId, paymentId]) {
        expect(printed).not.toContain(secretText);
      }
    });

    it('and when it is back, the services find it without a restart', async () => {
      proxy.mend();
      expect(await buyer.post('/orders', secret)).toMatchObject({ status: 201 });
      expect(await shop.post(`/payments/${paymentId}/capture`)).toMatchObject({ status: 200 });
    });
  },
);

/** Until the gateway listens, nothing is answered at all. */
async function retryUntilListening(call: () => Promise<Answer>): Promise<void> {
  while ((await call().catch(() => undefined)) === undefined) await delay(50);
}
