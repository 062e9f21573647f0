import { DECLINED_AMOUNT } from '@countersign/contracts';
import { describe, expect, it } from '@jest/globals';
import { capture, refund, settleableBy, validateWithProvider, visibilityFor } from './payment.js';

const authorized = {
  state: 'authorized',
  currency: 'EUR',
  amount: 1000,
  capturedAmount: 0,
  refundedAmount: 0,
} as const;
const captured = { ...authorized, state: 'captured', capturedAmount: 800, refundedAmount: 300 } as const;

function euros(amount: number) {
  return { amount, currency: 'EUR' };
}

describe('a capture', () => {
  it.each([
    ['all of it when nothing is said', undefined, 1000],
    ['the part that is asked', euros(1), 1],
    ['all of it when that is asked', euros(1000), 1000],
  ])('takes %s', (_what, requested, amount) => {
    expect(capture(authorized, requested)).toEqual({ state: 'captured', capturedAmount: amount });
  });

  it.each([
    ['more than was authorized', authorized, euros(1001), 'amount_too_large'],
    ['another currency', authorized, { amount: 1, currency: 'USD' }, 'currency_mismatch'],
    ['a payment that was captured', captured, euros(1), 'payment_not_capturable'],
    [
      'a payment that was refunded',
      { ...captured, state: 'refunded' } as const,
      euros(1),
      'payment_not_capturable',
    ],
    [
      'a payment that was abandoned',
      { ...authorized, state: 'abandoned' } as const,
      undefined,
      'payment_not_capturable',
    ],
  ])('is refused for %s', (_what, payment, requested, code) => {
    expect(() => capture(payment, requested)).toThrow(expect.objectContaining({ code }));
  });
});

describe('a refund', () => {
  it.each([
    ['all that is left when nothing is said', undefined, 500],
    ['the part that is asked', euros(1), 1],
    ['all that is left when that is asked', euros(500), 500],
  ])('gives back %s', (_what, requested, amount) => {
    expect(refund(captured, requested)).toEqual({
      state: amount === 500 ? 'refunded' : 'captured',
      refundedAmount: 300 + amount,
    });
  });

  it.each([
    ['more than is left', captured, euros(501), 'amount_too_large'],
    ['another currency', captured, { amount: 1, currency: 'USD' }, 'currency_mismatch'],
    ['a payment that was not captured', authorized, euros(1), 'payment_not_refundable'],
    [
      'a payment that was refunded',
      { ...captured, state: 'refunded' } as const,
      undefined,
      'payment_not_refundable',
    ],
  ])('is refused for %s', (_what, payment, requested, code) => {
    expect(() => refund(payment, requested)).toThrow(expect.objectContaining({ code }));
  });
});

describe('the stand-in for a payment provider', () => {
  it('declines the one amount that is documented', () => {
    expect(() => validateWithProvider(euros(DECLINED_AMOUNT))).toThrow(
      expect.objectContaining({ code: 'payment_declined', status: 402 }),
    );
    expect(() => validateWithProvider(euros(DECLINED_AMOUNT + 1))).not.toThrow();
  });
});

describe('who may know of a payment, and who may settle it', () => {
  const issuer = 'https://issuer.example';

  it.each([
    ['a customer', ['customer'], { customerId: 'anna' }, { merchantId: 'anna' }],
    ['a subject without a role', [], { customerId: 'anna' }, { merchantId: 'anna' }],
    ['a merchant', ['merchant'], { customerId: 'anna', merchantId: 'anna' }, { merchantId: 'anna' }],
    ['an administrator', ['admin'], 'all', 'all'],
  ])('is for %s bound to its part in it, within its issuer', (_who, roles, visible, settleable) => {
    const principal = { issuer, subject: 'anna', clientId: 'web', scopes: [], roles, tokenId: 't' };
    expect(visibilityFor(principal)).toEqual({ issuer, parties: visible });
    expect(settleableBy(principal)).toEqual({ issuer, parties: settleable });
  });
});
