import type { Principal } from '@countersign/auth';
import { applicationErrors } from '@countersign/contracts';
import { describe, expect, it } from '@jest/globals';
import { allows, cancellableBy, hashOfDraft, notAllowed, ownOrdersOf, visibilityFor } from './order.js';

const issuer = 'https://issuer.example';

function principal(...roles: string[]): Principal {
  return { issuer, subject: 'anna', clientId: 'web', scopes: [], roles, tokenId: 't' };
}

describe('an order', () => {
  it.each([
    ['placed', 'pay', true],
    ['placed', 'cancel', true],
    ['paid', 'pay', false],
    ['paid', 'cancel', false],
    ['cancelled', 'pay', false],
    ['cancelled', 'cancel', false],
  ] as const)('that is %s answers to %s with %s', (state, action, allowed) => {
    expect(allows(state, action)).toBe(allowed);
  });

  it.each([
    ['pay', 'order_not_payable'],
    ['cancel', 'order_not_cancellable'],
  ] as const)('whose state does not allow to %s refuses with %s', (action, code) => {
    const { status, detail } = notAllowed('cancelled', action);
    expect({ status, detail }).toEqual({
      status: applicationErrors[code],
      detail: expect.stringContaining('cancelled'),
    });
  });
});

describe('who may know of an order', () => {
  it.each([
    ['a customer its own', ['customer'], { customerId: 'anna' }],
    ['a client without a subject of its own its own', [], { customerId: 'anna' }],
    ['a subject of an unknown role its own', ['auditor'], { customerId: 'anna' }],
    ['a merchant those of its shop too', ['merchant'], { customerId: 'anna', merchantId: 'anna' }],
    ['an administrator all', ['customer', 'admin'], 'all'],
  ])('%s, within its issuer', (_who, roles, parties) => {
    expect(visibilityFor(principal(...roles))).toEqual({ issuer, parties });
  });

  it('is for paying the owner alone, an administrator or merchant as little as anyone', () => {
    expect(ownOrdersOf(principal('admin', 'merchant'))).toEqual({ issuer, parties: { customerId: 'anna' } });
  });

  it.each([
    ['the owner', 'customer', { customerId: 'anna' }],
    ['an administrator', 'admin', 'all'],
    ['not the shop', 'merchant', { customerId: 'anna' }],
  ])('is for cancelling %s', (_who, role, parties) => {
    expect(cancellableBy(principal(role))).toEqual({ issuer, parties });
  });
});

describe('the hash of a draft', () => {
  const draft = { merchantId: 'm', currency: 'EUR', items: [{ sku: 'A', quantity: 1, unitPrice: 100 }] };

  it('is the same for the same order, however its fields are arranged', () => {
    const rearranged = {
      items: [{ unitPrice: 100, quantity: 1, sku: 'A' }],
      currency: 'EUR',
      merchantId: 'm',
    };
    expect(hashOfDraft(rearranged)).toBe(hashOfDraft(draft));
  });

  it.each([
    ['shop', { merchantId: 'n' }],
    ['currency', { currency: 'USD' }],
    ['quantity', { items: [{ sku: 'A', quantity: 2, unitPrice: 100 }] }],
    ['price', { items: [{ sku: 'A', quantity: 1, unitPrice: 101 }] }],
    ['item', { items: [{ sku: 'B', quantity: 1, unitPrice: 100 }] }],
  ])('differs for an order of another %s', (_what, deviation) => {
    expect(hashOfDraft({ ...draft, ...deviation })).not.toBe(hashOfDraft(draft));
  });
});
