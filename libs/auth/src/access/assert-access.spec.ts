import { describe, expect, it } from '@jest/globals';
import type { Principal } from '../principal.js';
import { Access } from './access.js';
import { assertAccess } from './assert-access.js';

const principal: Principal = {
  issuer: 'i',
  subject: 's',
  clientId: 'c',
  scopes: ['a', 'b'],
  roles: ['customer'],
  tokenId: 't',
};

describe('assertAccess', () => {
  it.each([
    ['all scopes', { scopes: ['a', 'b'] }],
    ['no scopes asked', { scopes: [] }],
    ['one of the roles', { scopes: ['a'], roles: ['admin', 'customer'] }],
    ['an admitted workload', { scopes: [], from: ['gateway', 'orders'] }],
  ])('admits a caller with %s', (_title, rule) => {
    expect(() => assertAccess(rule, principal, 'orders')).not.toThrow();
  });

  it.each([
    ['lacks one of the scopes', { scopes: ['a', 'c'] }, 'orders', 'scope_insufficient'],
    ['has a scope only as a part of another', { scopes: ['aa'] }, 'orders', 'scope_insufficient'],
    ['has none of the roles', { scopes: ['a'], roles: ['admin'] }, 'orders', 'role_insufficient'],
    ['comes through another workload', { scopes: [], from: ['gateway'] }, 'orders', 'workload_refused'],
    ['comes through no workload', { scopes: [], from: ['gateway'] }, undefined, 'workload_refused'],
  ])('refuses a caller who %s', (_title, rule, workload, code) => {
    expect(() => assertAccess(rule, principal, workload)).toThrow(
      expect.objectContaining({ code, status: 403 }),
    );
  });

  it('says which scopes would have been needed', () => {
    expect(() => assertAccess({ scopes: ['a', 'c'] }, principal, undefined)).toThrow(
      expect.objectContaining({ requiredScopes: ['a', 'c'] }),
    );
  });
});

describe('Access', () => {
  it.each([
    ['an empty list of roles', { scopes: [], roles: [] }],
    ['an empty list of workloads', { scopes: [], from: [] }],
    ['a public handler without a reason', { publicBecause: ' ' }],
  ])('refuses %s', (_title, rule) => {
    expect(() => Access(rule)).toThrow(TypeError);
  });
});
