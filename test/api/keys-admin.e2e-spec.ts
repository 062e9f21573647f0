import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { adminOf } from '../support/admin-caller.ts';
import { DemoWebClient } from '../support/demo-web-client.ts';
import { issuer } from '../support/running-stack.ts';
import { basic, serviceToken, tokenRequest } from '../support/token-endpoint.ts';

const list = z.object({
  data: z.array(z.looseObject({ kid: z.string(), alg: z.string(), state: z.string() })),
});
const answer = z.object({ access_token: z.string() });
const admin = adminOf(issuer, 'keys:admin');

/** An access token of the operator's client for the admin API. */
async function operatorToken(scope: string): Promise<string> {
  const { body } = await tokenRequest(
    issuer,
    { grant_type: 'client_credentials', resource: `${issuer}/admin`, scope },
    basic('countersign-admin', 'admin-demo-secret'),
  );
  return answer.parse(body).access_token;
}

async function statusFor(token: string | undefined): Promise<number> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return (await fetch(`${issuer}/admin/keys`, { headers })).status;
}

describe('the admin API of the keys', () => {
  it.each<[status: number, who: string, token: () => Promise<string | undefined>]>([
    [401, 'someone without a token', () => Promise.resolve(undefined)],
    [401, 'a service with a token for the API', () => serviceToken(issuer)],
    [
      401,
      'an administrator with a token for the API',
      async () => (await new DemoWebClient(issuer).logIn('admin@example.com')).access_token,
    ],
    [403, 'the operator with the scope of another part', () => operatorToken('clients:admin')],
    [200, 'the operator with its scope', () => operatorToken('keys:admin')],
  ])('answers %i to %s', async (status, _who, token) => {
    expect(await statusFor(await token())).toBe(status);
  });

  it('shows every key and nothing of what signs', async () => {
    const { data } = list.parse(await admin.call('GET', '/keys'));
    expect(data.map(({ alg, state }) => `${alg} ${state}`)).toEqual(
      expect.arrayContaining(['RS256 signing', 'ES256 signing']),
    );
    expect(Object.keys(data[0] ?? {})).toEqual([
      'kid',
      'alg',
      'state',
      'announced_at',
      'signing_since',
      'retired_at',
      'revoked_at',
      'may_sign_from',
      'rotates_at',
      'deleted_at',
    ]);
  });

  it.each<[deviation: string, path: string, body: object, message: RegExp]>([
    ['a shared secret', '/keys/announce', { alg: 'HS256' }, /alg: Invalid option/],
    ['a rotation before an announcement', '/keys/rotate', { alg: 'RS256' }, /announce one first/],
    ['a key that is not there', '/keys/none/revoke', {}, /no key of the ring has the kid none/],
    ['a parameter that is none', '/keys/rotate', { alg: 'RS256', force: true }, /force/],
  ])('refuses %s in a sentence', async (_deviation, path, body, message) => {
    await expect(admin.call('POST', path, body)).rejects.toThrow(message);
  });
});
