import { describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import { withSessionOptions } from './session-options.js';

const ADDRESS = 'postgres://someone:a%20secret@127.0.0.1:1/countersign';
const PLANS = '-c plan_cache_mode=force_generic_plan';
const WORK = '-c work_mem=8MB';

/** What `pg` makes of it: the options that it would send. */
function sentOptions(connection: ReturnType<typeof withSessionOptions>): unknown {
  const { connectionParameters } = new Client(connection) as unknown as {
    readonly connectionParameters: { readonly options: unknown; readonly password: unknown };
  };
  expect(connectionParameters.password).toBe('a secret');
  return connectionParameters.options;
}

describe('the options of a session', () => {
  it.each<[operator: string, address: string, environment: string | undefined, sent: string]>([
    ['who says nothing', ADDRESS, undefined, PLANS],
    ['with PGOPTIONS', ADDRESS, WORK, `${PLANS} ${WORK}`],
    ['with options in the address', `${ADDRESS}?options=-c%20work_mem%3D8MB`, undefined, `${PLANS} ${WORK}`],
    ['with both, of which pg takes the address', `${ADDRESS}?options=-c+a.b%3D1`, WORK, `${PLANS} -c a.b=1`],
  ])('are ours, and those of an operator %s', (_operator, address, environment, sent) => {
    expect(sentOptions(withSessionOptions(address, [PLANS], environment))).toBe(sent);
  });

  it('are left alone where an app asks for none', () => {
    expect(withSessionOptions(ADDRESS, [], WORK)).toEqual({ connectionString: ADDRESS });
  });
});
