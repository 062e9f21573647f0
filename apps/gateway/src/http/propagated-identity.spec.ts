import { describe, expect, it } from '@jest/globals';
import { dropPropagatedIdentity } from './propagated-identity.js';

describe('dropPropagatedIdentity', () => {
  it.each([
    'x-user-id',
    'x_user_id',
    'x-user-role',
    'x-user_role',
    'x-user',
    'x-scope',
    'x_scope',
    'x-roles',
    'txn-token',
    'txn_token',
  ])('drops %s', (name) => {
    const headers = { [name]: 'admin' };
    dropPropagatedIdentity(headers);
    expect(headers).toEqual({});
  });

  it.each(['authorization', 'x-request-id', 'x-username-hint', 'x-scoped', 'traceparent', 'idempotency-key'])(
    'leaves %s alone',
    (name) => {
      const headers = { [name]: 'value' };
      dropPropagatedIdentity(headers);
      expect(headers).toEqual({ [name]: 'value' });
    },
  );
});
