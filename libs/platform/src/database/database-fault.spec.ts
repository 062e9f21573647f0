import { describe, expect, it } from '@jest/globals';
import { DrizzleQueryError } from 'drizzle-orm';
import { isDatabaseOutage, withoutQuery } from './database-fault.js';

const failedQuery = (cause: Error) => new DrizzleQueryError('select $1', ['someone@example.com'], cause);

describe('a fault of the database', () => {
  it.each([
    ['a refused connection', Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })],
    ['a shutdown', Object.assign(new Error('terminating connection'), { code: '57P01' })],
    ['an embedded database that is closed', new Error('PGlite is closed')],
    ['a lost connection', new Error('Connection terminated unexpectedly')],
  ])('is an outage when it is %s', (_fault, cause) => {
    expect(isDatabaseOutage(failedQuery(cause))).toBe(true);
  });

  it.each([
    ['a violated constraint', Object.assign(new Error('duplicate key'), { code: '23505' })],
    ['a fault of ours', new TypeError('x is not a function')],
  ])('is none when it is %s', (_fault, cause) => {
    expect(isDatabaseOutage(failedQuery(cause))).toBe(false);
  });

  it('is no outage of the database when another service cannot be reached', () => {
    const cause = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
    expect(isDatabaseOutage(new Error('service_unavailable', { cause }))).toBe(false);
  });

  it('is logged without the parameters of the query', () => {
    const logged = withoutQuery(failedQuery(new Error('connect')));
    expect(String(logged)).not.toContain('someone@example.com');
  });
});
