import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { PGlite } from '@electric-sql/pglite';
import { identityHeaders, type Caller, type Principal, type ServiceError } from '@countersign/auth';
import { DECLINED_AMOUNT, pageRequest } from '@countersign/contracts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { drizzle } from 'drizzle-orm/pglite';
import { migrate } from 'drizzle-orm/pglite/migrator';
import { PaymentsRepository } from './payments.repository.js';
import { payments } from './payments.schema.js';
import { PaymentsService } from './payments.service.js';

const merchantId = randomUUID();
const merchant = principal(merchantId, 'merchant');
const anna = callerFor(principal('anna', 'customer'));

const client = new PGlite();
const orm = drizzle(client);
const service = new PaymentsService(new PaymentsRepository({ orm }));

function principal(subject: string, role: string, issuer = 'https://issuer.example'): Principal {
  return { issuer, subject, clientId: 'web', scopes: [], roles: [role], tokenId: 't' };
}

function callerFor(who: Principal): Caller {
  return { principal: who, txn: 'txn-1', workload: 'orders', identityHeaders: identityHeaders(who) };
}

function request(amount = 1000, orderId: string = randomUUID()) {
  return { orderId, merchantId, amount: { amount, currency: 'EUR' } };
}

function euros(amount: number) {
  return { amount, currency: 'EUR' };
}

/** All that a caller learns of a refusal. */
function refusalOf({ code, status, detail }: ServiceError) {
  return { code, status, detail };
}

function fulfilled(results: readonly PromiseSettledResult<unknown>[]): number {
  return results.filter(({ status }) => status === 'fulfilled').length;
}

beforeAll(() => migrate(orm, { migrationsFolder: fileURLToPath(new URL('../migrations', import.meta.url)) }));
beforeEach(async () => {
  await orm.delete(payments);
});
afterAll(() => client.close());

describe('authorizing a payment', () => {
  it('records the subject, the client, the calling workload and the transaction', async () => {
    expect(await service.authorize(anna, request())).toMatchObject({
      state: 'authorized',
      customerId: 'anna',
      authorizedBy: { subject: 'anna', clientId: 'web', workload: 'orders', txn: 'txn-1' },
    });
  });

  it('authorizes once for 20 parallel requests of one order', async () => {
    const same = request();
    const answers = await Promise.all(Array.from({ length: 20 }, () => service.authorize(anna, same)));
    expect(new Set(answers.map(({ id }) => id)).size).toBe(1);
    expect(await orm.$count(payments)).toBe(1);
  });

  it('stores nothing for a declined amount', async () => {
    await expect(service.authorize(anna, request(DECLINED_AMOUNT))).rejects.toMatchObject({ status: 402 });
    expect(await orm.$count(payments)).toBe(0);
  });

  it.each([
    ['another amount', anna, { amount: { amount: 999, currency: 'EUR' } }],
    ['another currency', anna, { amount: { amount: 1000, currency: 'USD' } }],
    ['another shop', anna, { merchantId: randomUUID() }],
    ['another subject', callerFor(principal('ben', 'customer')), {}],
    ['another issuer', callerFor(principal('anna', 'customer', 'https://other.example')), {}],
  ])('refuses a second payment of an order with %s', async (_what, caller, deviation) => {
    const first = request();
    await service.authorize(anna, first);
    await expect(service.authorize(caller, { ...first, ...deviation })).rejects.toMatchObject({
      code: 'payment_conflict',
    });
    expect(await orm.$count(payments)).toBe(1);
  });
});

describe('abandoning a payment', () => {
  it('keeps it from being authorized afterwards', async () => {
    const order = request();
    expect(await service.abandon(anna, { ...order, customerId: 'anna' })).toMatchObject({
      state: 'abandoned',
    });
    await expect(service.authorize(anna, order)).rejects.toMatchObject({
      code: 'payment_conflict',
      status: 409,
    });
  });

  it('answers the payment that was authorized before, untouched', async () => {
    const order = request();
    const authorized = await service.authorize(anna, order);
    expect(await service.abandon(anna, { ...order, customerId: 'anna' })).toEqual(authorized);
  });
});

describe('capturing and refunding', () => {
  it('captures once of 20 parallel tries', async () => {
    const { id } = await service.authorize(anna, request());
    const tries = await Promise.allSettled(
      Array.from({ length: 20 }, () => service.capture(merchant, { id })),
    );
    expect(fulfilled(tries)).toBe(1);
    expect(await service.get(merchant, id)).toMatchObject({ state: 'captured', capturedAmount: 1000 });
  });

  it('refunds no more than was captured, however many partial refunds run at a time', async () => {
    const { id } = await service.authorize(anna, request());
    await service.capture(merchant, { id, amount: euros(500) });
    const fifty = { id, amount: euros(50) };
    const tries = await Promise.allSettled(Array.from({ length: 20 }, () => service.refund(merchant, fifty)));
    expect(fulfilled(tries)).toBe(10);
    expect(await service.get(merchant, id)).toMatchObject({ state: 'refunded', refundedAmount: 500 });
  });

  it('keeps a payment that is refunded in part captured', async () => {
    const { id } = await service.authorize(anna, request());
    await service.capture(merchant, { id });
    const refunded = await service.refund(merchant, { id, amount: euros(1) });
    expect(refunded).toMatchObject({ state: 'captured', refundedAmount: 1 });
  });

  it.each([
    ['another shop', principal(randomUUID(), 'merchant')],
    ['the customer, were it a merchant elsewhere', principal('anna', 'merchant')],
    ['the shop of another issuer', principal(merchantId, 'merchant', 'https://other.example')],
  ])('is not for %s: there is no such payment', async (_who, other) => {
    const { id } = await service.authorize(anna, request());
    await expect(service.capture(other, { id })).rejects.toMatchObject({ code: 'payment_not_found' });
    await expect(service.refund(other, { id })).rejects.toMatchObject({ code: 'payment_not_found' });
  });
});

describe('an Idempotency-Key', () => {
  async function captured(): Promise<string> {
    const { id } = await service.authorize(anna, request());
    await service.capture(merchant, { id });
    return id;
  }

  it('refunds a part once, however often it is asked for, 20 times at once', async () => {
    const id = await captured();
    const part = { id, amount: euros(400), idempotencyKey: 'return-1' };
    const tries = Array.from({ length: 20 }, () => service.refund(merchant, part));
    const refunded = { state: 'captured', refundedAmount: 400 };
    expect(await Promise.all(tries)).toEqual(
      Array.from({ length: 20 }, () => expect.objectContaining(refunded)),
    );
    expect(await service.get(merchant, id)).toMatchObject(refunded);
  });

  it('answers a retry of what can no longer be done as it was done', async () => {
    const { id } = await service.authorize(anna, request());
    const once = { id, idempotencyKey: 'all' };
    const first = await service.capture(merchant, once);
    expect(await service.capture(merchant, once)).toEqual(first);
    const refunded = await service.refund(merchant, once);
    expect(refunded).toMatchObject({ state: 'refunded', refundedAmount: 1000 });
    expect(await service.refund(merchant, once)).toEqual(refunded);
  });

  it('refunds again under another key', async () => {
    const id = await captured();
    await service.refund(merchant, { id, amount: euros(400), idempotencyKey: 'return-1' });
    const second = await service.refund(merchant, { id, amount: euros(400), idempotencyKey: 'return-2' });
    expect(second).toMatchObject({ state: 'captured', refundedAmount: 800 });
  });

  it.each([
    ['another amount', { amount: euros(401) }],
    ['another currency', { amount: { amount: 400, currency: 'USD' } }],
    ['all that is left', { amount: undefined }],
  ])('is refused for %s, and nothing moves', async (_what, deviation) => {
    const id = await captured();
    const part = { id, amount: euros(400), idempotencyKey: 'return-1' };
    await service.refund(merchant, part);
    await expect(service.refund(merchant, { ...part, ...deviation })).rejects.toMatchObject({
      code: 'idempotency_key_reused',
      status: 422,
    });
    expect(await service.get(merchant, id)).toMatchObject({ refundedAmount: 400 });
  });

  it('is free again when what it was used for was refused', async () => {
    const id = await captured();
    const key = { id, idempotencyKey: 'return-1' };
    await expect(service.refund(merchant, { ...key, amount: euros(1001) })).rejects.toMatchObject({
      code: 'amount_too_large',
    });
    expect(await service.refund(merchant, { ...key, amount: euros(1) })).toMatchObject({ refundedAmount: 1 });
  });

  it('is the own of each payment', async () => {
    const [one, other] = [await captured(), await captured()];
    const part = { amount: euros(400), idempotencyKey: 'return-1' };
    await service.refund(merchant, { ...part, id: one });
    expect(await service.refund(merchant, { ...part, id: other })).toMatchObject({ refundedAmount: 400 });
  });

  it('tells another shop nothing of a payment', async () => {
    const id = await captured();
    const part = { id, amount: euros(400), idempotencyKey: 'return-1' };
    await service.refund(merchant, part);
    await expect(service.refund(principal(randomUUID(), 'merchant'), part)).rejects.toMatchObject({
      code: 'payment_not_found',
    });
  });
});

describe('reading payments', () => {
  it.each([
    ['its customer', anna.principal, true],
    ['its shop', merchant, true],
    ['an administrator', principal('root', 'admin'), true],
    ['another customer', principal('ben', 'customer'), false],
    ['another shop', principal(randomUUID(), 'merchant'), false],
    ['the same subject of another issuer', principal('anna', 'customer', 'https://other.example'), false],
  ])('are known to %s or are not, in the list as one by one', async (_who, reader, visible) => {
    const { id } = await service.authorize(anna, request());
    const { data } = await service.list(reader, pageRequest.parse({}));
    expect(data.map((payment) => payment.id)).toEqual(visible ? [id] : []);
    const read = await service.get(reader, id).catch(refusalOf);
    const unknown = await service.get(reader, randomUUID()).catch(refusalOf);
    expect(read).toMatchObject(visible ? { id } : unknown);
  });
});
