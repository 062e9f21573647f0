import { describe, expect, it } from '@jest/globals';
import { MAX_AMOUNT } from './money.js';
import { orderDraft, placeOrder, totalAmount } from './orders.js';

const item = { sku: 'TEA-OOLONG-100', quantity: 2, unitPrice: 1250 };
const draft = { merchantId: '01956f5e-9d2b-7c41-8f6a-2f6f0f4f9b1c', currency: 'EUR', items: [item] };

/** Where the first fault is; undefined when there is none. */
function faultOf(value: unknown): string | undefined {
  return orderDraft.safeParse(value).error?.issues[0]?.path.join('.');
}

describe('an order draft', () => {
  it('is accepted with one shop, one currency and its items', () => {
    expect(orderDraft.parse(draft)).toEqual(draft);
  });

  it.each([
    ['negative', -1],
    ['zero', 0],
    ['fractional', 12.5],
    ['beyond any price', 1e308],
    ['more than the largest amount', MAX_AMOUNT + 1],
    ['a number in text', '1250'],
    ['not a number', Number.NaN],
    ['null', null],
  ])('is refused with a unit price that is %s', (_what, unitPrice) => {
    expect(faultOf({ ...draft, items: [{ ...item, unitPrice }] })).toBe('items.0.unitPrice');
  });

  it.each([
    ['no items', { ...draft, items: [] }, 'items'],
    ['10 000 items', { ...draft, items: Array.from({ length: 10_000 }, () => item) }, 'items'],
    ['no quantity', { ...draft, items: [{ ...item, quantity: 0 }] }, 'items.0.quantity'],
    [
      'a quantity that no shop sends',
      { ...draft, items: [{ ...item, quantity: 1_001 }] },
      'items.0.quantity',
    ],
    ['a control character in the sku', { ...draft, items: [{ ...item, sku: 'TEA\u0000' }] }, 'items.0.sku'],
    ['an unknown currency', { ...draft, currency: 'EUX' }, 'currency'],
    ['a currency in lower case', { ...draft, currency: 'eur' }, 'currency'],
    ['a shop that is no UUID', { ...draft, merchantId: 'shop' }, 'merchantId'],
    [
      'the nil UUID for a shop',
      { ...draft, merchantId: '00000000-0000-0000-0000-000000000000' },
      'merchantId',
    ],
    ['an unknown field', { ...draft, state: 'paid' }, ''],
    ['an unknown field in an item', { ...draft, items: [{ ...item, discount: 1 }] }, 'items.0'],
    ['a currency of its own in an item', { ...draft, items: [{ ...item, currency: 'USD' }] }, 'items.0'],
    ['a list in its place', [draft], ''],
    ['nothing', undefined, ''],
  ])('is refused with %s', (_what, value, fault) => {
    expect(faultOf(value)).toBe(fault);
  });

  it('is refused when its total is more than the largest amount, though no price is', () => {
    const dear = { ...item, quantity: 1, unitPrice: MAX_AMOUNT };
    expect(faultOf({ ...draft, items: [dear] })).toBeUndefined();
    expect(faultOf({ ...draft, items: [dear, { ...item, quantity: 1, unitPrice: 1 }] })).toBe('items');
  });
});

describe('the total of an order', () => {
  it('is exact for the largest order that the limits allow', () => {
    const items = Array.from({ length: 100 }, () => ({ sku: 'A', quantity: 1_000, unitPrice: MAX_AMOUNT }));
    expect(BigInt(totalAmount(items))).toBe(100n * 1_000n * BigInt(MAX_AMOUNT));
  });
});

describe('an idempotency key', () => {
  it.each([
    ['empty', ''],
    ['longer than 255 characters', 'k'.repeat(256)],
    ['with a space', 'a b'],
    ['with a control character', 'a\u0000'],
    ['beyond ASCII', 'schlüssel'],
  ])('is refused when it is %s', (_what, idempotencyKey) => {
    expect(placeOrder.request.safeParse({ ...draft, idempotencyKey: 'cart-17' }).success).toBe(true);
    expect(placeOrder.request.safeParse({ ...draft, idempotencyKey }).success).toBe(false);
  });
});
