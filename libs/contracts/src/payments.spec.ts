import { describe, expect, it } from '@jest/globals';
import { authorizePayment, capturePayment, partOfPayment, refundPayment } from './payments.js';

const id = '01956f5e-9d2b-7c41-8f6a-2f6f0f4f9b1c';
const money = { amount: 1250, currency: 'EUR' };

describe('a request to authorize a payment', () => {
  it.each([
    ['the subject who is to pay: it comes from the verified token alone', { customerId: id }],
    ['an amount without a currency', { amount: { amount: 1250 } }],
    ['a bare number for money', { amount: 1250 }],
  ])('is refused with %s', (_what, deviation) => {
    const request = { orderId: id, merchantId: id, amount: money };
    expect(authorizePayment.request.safeParse(request).success).toBe(true);
    expect(authorizePayment.request.safeParse({ ...request, ...deviation }).success).toBe(false);
  });
});

describe('a request to capture or refund', () => {
  it.each([capturePayment, refundPayment])('takes an idempotency key, or none: $pattern', ({ request }) => {
    expect(request.parse({ id, idempotencyKey: 'return-1' })).toEqual({ id, idempotencyKey: 'return-1' });
    expect(request.safeParse({ id, idempotencyKey: 'a b' }).success).toBe(false);
  });
});

describe('a part of a payment', () => {
  it('can be left out, and then is all of it', () => {
    expect(partOfPayment.parse({})).toEqual({});
    expect(capturePayment.request.parse({ id })).toEqual({ id });
  });

  it.each([
    ['a negative amount', { amount: { ...money, amount: -1 } }],
    ['no amount at all', { amount: { ...money, amount: 0 } }],
    ['a fractional amount', { amount: { ...money, amount: 0.5 } }],
    ['an amount beyond any', { amount: { ...money, amount: 1e308 } }],
    ['an amount in text', { amount: { ...money, amount: '1250' } }],
    ['a currency that is none', { amount: { ...money, currency: 'XYZ' } }],
    ['an unknown field', { amount: money, reason: 'broken' }],
  ])('is refused with %s', (_what, part) => {
    expect(partOfPayment.safeParse(part).success).toBe(false);
  });
});
