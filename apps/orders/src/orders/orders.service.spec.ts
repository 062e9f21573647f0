import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { PGlite } from '@electric-sql/pglite';
import { ServiceError, type Principal, type WorkloadClient } from '@countersign/auth';
import { abandonPayment, authorizePayment, pageRequest } from '@countersign/contracts';
import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { drizzle } from 'drizzle-orm/pglite';
import { migrate } from 'drizzle-orm/pglite/migrator';
import { OrdersRepository } from './orders.repository.js';
import { orders } from './orders.schema.js';
import { OrdersService } from './orders.service.js';

const merchantId = randomUUID();
const draft = { merchantId, currency: 'EUR', items: [{ sku: 'TEA', quantity: 2, unitPrice: 1250 }] };
const anna = principal('anna', 'customer');
const unavailable = new ServiceError('service_unavailable', 503, 'payments is down');

const client = new PGlite();
const orm = drizzle(client);
const call = jest.fn<(contract: { readonly pattern: string }) => Promise<unknown>>();
const payments = { call: call as unknown as WorkloadClient['call'] };
const service = new OrdersService(new OrdersRepository({ orm }), payments);

function principal(subject: string, role: string, issuer = 'https://issuer.example'): Principal {
  return { issuer, subject, clientId: 'web', scopes: [], roles: [role], tokenId: 't' };
}

/** All that a caller learns of a refusal. */
function refusalOf({ code, status, detail }: ServiceError) {
  return { code, status, detail };
}

/** What payments answers, by the message asked. */
function answerWith(answers: Readonly<Record<string, unknown>>): void {
  call.mockImplementation(async ({ pattern }) => {
    if (answers[pattern] instanceof Error) throw answers[pattern];
    return answers[pattern];
  });
}

beforeAll(() => migrate(orm, { migrationsFolder: fileURLToPath(new URL('../migrations', import.meta.url)) }));
beforeEach(async () => {
  await orm.delete(orders);
  call.mockReset();
});
afterAll(() => client.close());

describe('placing an order', () => {
  it('answers the order with its exact total', async () => {
    const order = await service.place(anna, draft);
    expect(order).toMatchObject({
      state: 'placed',
      customerId: 'anna',
      total: { amount: 2500, currency: 'EUR' },
    });
    expect(await service.get(anna, order.id)).toEqual(order);
  });

  it('places one order for 20 parallel tries with one Idempotency-Key', async () => {
    const tries = Array.from({ length: 20 }, () => service.place(anna, { ...draft, idempotencyKey: 'cart' }));
    expect(new Set((await Promise.all(tries)).map(({ id }) => id)).size).toBe(1);
    expect(await orm.$count(orders)).toBe(1);
  });

  it('refuses a key that was used for a different order, and stores nothing', async () => {
    await service.place(anna, { ...draft, idempotencyKey: 'cart' });
    await expect(
      service.place(anna, { ...draft, currency: 'USD', idempotencyKey: 'cart' }),
    ).rejects.toMatchObject({
      code: 'idempotency_key_reused',
      status: 422,
    });
    expect(await orm.$count(orders)).toBe(1);
  });

  it.each([
    ['another customer', principal('ben', 'customer')],
    ['the same subject of another issuer', principal('anna', 'customer', 'https://other.example')],
  ])('lets %s use the same key for an order of its own', async (_who, other) => {
    const first = await service.place(anna, { ...draft, idempotencyKey: 'cart' });
    const second = await service.place(other, { ...draft, idempotencyKey: 'cart' });
    expect(second.id).not.toBe(first.id);
  });
});

describe('reading orders', () => {
  it.each([
    ['its customer', anna, true],
    ['its shop', principal(merchantId, 'merchant'), true],
    ['an administrator', principal('root', 'admin'), true],
    ['another customer', principal('ben', 'customer'), false],
    ['another shop', principal(randomUUID(), 'merchant'), false],
    ["the shop's account without the role", principal(merchantId, 'customer'), false],
    ['the same subject of another issuer', principal('anna', 'customer', 'https://other.example'), false],
    ['an administrator of another issuer', principal('root', 'admin', 'https://other.example'), false],
  ])('shows an order to %s or does not, in the list as one by one', async (_who, reader, visible) => {
    const { id } = await service.place(anna, draft);
    const { data } = await service.list(reader, pageRequest.parse({}));
    expect(data.map((order) => order.id)).toEqual(visible ? [id] : []);
    const read = await service.get(reader, id).catch(refusalOf);
    const unknown = await service.get(reader, randomUUID()).catch(refusalOf);
    expect(read).toMatchObject(visible ? { id } : unknown);
  });

  it('lists an order with the number of its items, and without them', async () => {
    const { items, ...placed } = await service.place(anna, {
      ...draft,
      items: [...draft.items, ...draft.items],
    });
    const { data } = await service.list(anna, pageRequest.parse({}));
    expect([items.length, data]).toEqual([2, [{ ...placed, itemCount: 2 }]]);
  });

  it('lists every order once, newest first, page by page', async () => {
    const placed: string[] = [];
    for (let count = 0; count < 5; count++) placed.push((await service.place(anna, draft)).id);
    const listed: string[] = [];
    let cursor: string | null | undefined;
    do {
      const page = await service.list(anna, pageRequest.parse({ limit: 2, cursor: cursor ?? undefined }));
      listed.push(...page.data.map(({ id }) => id));
      cursor = page.nextCursor;
    } while (cursor !== null);
    expect(listed).toEqual(placed.toReversed());
  });
});

describe('paying an order', () => {
  it('records the payment, also for parallel tries, and answers the same when asked again', async () => {
    const paymentId = randomUUID();
    answerWith({ [authorizePayment.pattern]: { id: paymentId, state: 'authorized' } });
    const { id } = await service.place(anna, draft);
    const paid = await Promise.all(Array.from({ length: 20 }, () => service.pay(anna, id)));
    expect(paid.map(({ state, paymentId: by }) => ({ state, by }))).toEqual(
      Array.from({ length: 20 }, () => ({ state: 'paid', by: paymentId })),
    );
    expect(await service.pay(anna, id)).toMatchObject({ state: 'paid', paymentId });
  });

  it.each([
    ['declined', new ServiceError('payment_declined', 402, 'declined')],
    ['unavailable', unavailable],
  ])('leaves the order placed and payable when the payment is %s', async (_how, refused) => {
    answerWith({ [authorizePayment.pattern]: refused });
    const { id } = await service.place(anna, draft);
    await expect(service.pay(anna, id)).rejects.toBe(refused);
    expect(await service.get(anna, id)).toMatchObject({ state: 'placed', paymentId: null });
    answerWith({ [authorizePayment.pattern]: { id: randomUUID(), state: 'authorized' } });
    expect(await service.pay(anna, id)).toMatchObject({ state: 'paid' });
  });

  it.each([
    ['the shop', principal(merchantId, 'merchant')],
    ['an administrator', principal('root', 'admin')],
    ['another customer', principal('ben', 'customer')],
  ])('is not for %s: there is no such order of its own', async (_who, other) => {
    const { id } = await service.place(anna, draft);
    await expect(service.pay(other, id)).rejects.toMatchObject({ code: 'order_not_found' });
    expect(call).not.toHaveBeenCalled();
  });

  it('is refused once the order is cancelled', async () => {
    const { id } = await service.place(anna, draft);
    await service.cancel(anna, id);
    await expect(service.pay(anna, id)).rejects.toMatchObject({ code: 'order_not_payable', status: 409 });
    expect(call).not.toHaveBeenCalled();
  });
});

describe('cancelling an order', () => {
  it('succeeds once of 20 parallel tries, without asking payments', async () => {
    const { id } = await service.place(anna, draft);
    const tries = await Promise.allSettled(Array.from({ length: 20 }, () => service.cancel(anna, id)));
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(call).not.toHaveBeenCalled();
  });

  it.each([
    ['authorized', 'paid', 'order_not_cancellable'],
    ['abandoned', 'cancelled', undefined],
  ])('leaves a lost payment to payments: %s there, the order is %s', async (payment, state, code) => {
    answerWith({
      [authorizePayment.pattern]: unavailable,
      [abandonPayment.pattern]: { id: randomUUID(), state: payment },
    });
    const { id } = await service.place(anna, draft);
    await expect(service.pay(anna, id)).rejects.toBe(unavailable);
    const cancelled = await service.cancel(anna, id).catch(refusalOf);
    expect('code' in cancelled ? cancelled.code : undefined).toBe(code);
    expect(await service.get(anna, id)).toMatchObject({ state });
  });

  it('waits for payments when an attempt to pay has an unknown outcome', async () => {
    answerWith({ [authorizePayment.pattern]: unavailable, [abandonPayment.pattern]: unavailable });
    const { id } = await service.place(anna, draft);
    await expect(service.pay(anna, id)).rejects.toBe(unavailable);
    await expect(service.cancel(anna, id)).rejects.toBe(unavailable);
    expect(await service.get(anna, id)).toMatchObject({ state: 'placed' });
  });
});
