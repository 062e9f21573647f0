import { describe, expect, it } from '@jest/globals';
import { spiffeIdOf, workloadOf } from './spiffe.js';

describe('spiffeIdOf', () => {
  it('finds the one URI among the names', () => {
    expect(spiffeIdOf('URI:spiffe://a.local/orders, DNS:orders, DNS:localhost')).toBe(
      'spiffe://a.local/orders',
    );
  });

  it.each([
    ['no names', undefined],
    ['no URI', 'DNS:spiffe, DNS:localhost'],
    ['two URIs', 'URI:spiffe://a.local/orders, URI:spiffe://a.local/gateway'],
    ['a URI of another kind', 'URI:https://a.local/orders'],
    ['a URI without a path', 'URI:spiffe://a.local'],
    ['a DNS name that spells a URI', 'DNS:"URI:spiffe://a.local/orders"'],
    ['a URI that Node had to quote', 'URI:"spiffe://a.local/orders, URI:spiffe://a.local/gateway"'],
  ])('finds none in %s', (_title, names) => {
    expect(spiffeIdOf(names)).toBeUndefined();
  });
});

describe('workloadOf', () => {
  it.each([
    ['spiffe://a.local/orders', 'orders'],
    ['spiffe://b.local/orders', undefined],
    ['spiffe://a.local.evil/orders', undefined],
    [undefined, undefined],
  ])('takes %s for %s', (id, workload) => {
    expect(workloadOf(id, 'a.local')).toBe(workload);
  });
});
