import { beforeAll, describe, expect, it } from '@jest/globals';
import { DemoWebClient } from '../support/demo-web-client.ts';
import { AdminCaller, adminToken, logInTo, operator, publicClient } from '../support/operator.ts';
import { api, issuer } from '../support/running-stack.ts';
import { serviceToken } from '../support/token-endpoint.ts';
import { UserAgent } from '../support/user-agent.ts';

const INTERNALS = /node_modules|\.js:|at async|select |postgres|drizzle/i;
const suffix = crypto.randomUUID().slice(0, 8);
const CONSOLE = `admin-console-${suffix}`;
const ADMIN_RESOURCE = { resource: `${issuer}/admin` };

const call = (token: string | undefined) => new AdminCaller(issuer, token).call('GET', '/clients');
const consoleToken = async (email: string, scope: string) =>
  (await logInTo(issuer, CONSOLE, email, { scope: `openid ${scope}`, ...ADMIN_RESOURCE })).access_token;

beforeAll(async () => {
  const admin = await operator(issuer);
  const scope = 'openid offline_access clients:admin accounts:admin';
  await admin.call('POST', '/clients', publicClient(CONSOLE, scope));
});

describe('the admin API', () => {
  it('answers the operator, and nothing keeps the answer', async () => {
    const answer = await call(await adminToken(issuer, { scope: 'clients:admin' }));
    expect(answer).toMatchObject({ status: 200, body: { data: expect.any(Array) } });
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
  });

  it('answers an administrator in a client that may ask for its scope', async () => {
    expect(await call(await consoleToken('admin@example.com', 'clients:admin'))).toMatchObject({
      status: 200,
    });
  });

  it.each<[caller: string, token: () => Promise<string> | undefined]>([
    ['without a token', () => undefined],
    ['with a token of a service for the API (RFC 9068 §4)', () => serviceToken(issuer)],
    [
      "with an administrator's token for the API",
      async () => (await new DemoWebClient(issuer).logIn('admin@example.com')).access_token,
    ],
    [
      "with a customer's token for the API",
      async () => (await new DemoWebClient(issuer).logIn('customer@example.com')).access_token,
    ],
    [
      "with an administrator's ID token",
      async () => (await new DemoWebClient(issuer).logIn('admin@example.com')).id_token ?? '',
    ],
    [
      "with an administrator's token for userinfo",
      async () =>
        (await new DemoWebClient(issuer).logIn('admin@example.com', { scope: 'openid' })).access_token,
    ],
    ['with text for a token', async () => 'admin'],
    [
      'with a token whose signature was altered',
      async () => {
        const [header, payload, signature = ''] = (await adminToken(issuer)).split('.');
        return [header, payload, signature.replace(/^./, (first) => (first === 'A' ? 'B' : 'A'))].join('.');
      },
    ],
    [
      'with a token without a signature (RFC 8725 §3.1)',
      async () => {
        const [, payload] = (await adminToken(issuer)).split('.');
        return `${Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url')}.${payload}.`;
      },
    ],
  ])('is closed to a caller %s', async (_caller, token) => {
    const { status, headers, body } = await call(await token());
    expect({ status, body }).toEqual({ status: 401, body: problem(401) });
    expect(headers.get('www-authenticate')).toMatch(`Bearer realm="${issuer}/admin"`);
    expect(headers.get('cache-control')).toBe('no-store');
  });

  it.each<[caller: string, token: () => Promise<string>]>([
    [
      'a client with the scope but without the role',
      async () => {
        const clientId = `no-role-${suffix}`;
        const registration = {
          client_id: clientId,
          grant_types: ['client_credentials'],
          scope: 'clients:admin',
        };
        const { body } = await (await operator(issuer)).call('POST', '/clients', registration);
        const { client_secret: secret } = body as { client_secret: string };
        return adminToken(issuer, { clientId, secret, scope: 'clients:admin' });
      },
    ],
    [
      'a customer in the client of administrators',
      () => consoleToken('customer@example.com', 'clients:admin'),
    ],
    [
      'a merchant in the client of administrators',
      () => consoleToken('merchant@example.com', 'clients:admin'),
    ],
  ])('refuses %s, who has the scope but not the role (403)', async (_caller, token) => {
    const { status, headers, body } = await call(await token());
    expect({ status, body }).toEqual({ status: 403, body: problem(403) });
    expect(headers.get('www-authenticate')).toBeNull();
  });

  it.each<[caller: string, token: () => Promise<string>]>([
    [
      'an administrator whose token is for accounts',
      () => consoleToken('admin@example.com', 'accounts:admin'),
    ],
    ['the operator whose token is for keys', () => adminToken(issuer, { scope: 'keys:admin' })],
  ])('refuses %s, who has the role but not the scope (403)', async (_caller, token) => {
    const { status, headers } = await call(await token());
    expect(status).toBe(403);
    expect(headers.get('www-authenticate')).toMatch(/error="insufficient_scope".*scope="clients:admin"/);
  });

  it('takes no token from the address', async () => {
    const response = await fetch(`${issuer}/admin/clients?access_token=${await adminToken(issuer)}`);
    expect(response.status).toBe(401);
  });

  it('is another audience than the API: its tokens are no good there', async () => {
    const headers = { authorization: `Bearer ${await adminToken(issuer)}` };
    expect((await fetch(`${api}/me`, { headers })).status).toBe(401);
  });

  it('gives its scopes to no client that is not registered for them', async () => {
    const url = new DemoWebClient(issuer).authorizationUrl({ scope: 'clients:admin', ...ADMIN_RESOURCE });
    const stop = await new UserAgent(issuer).open(url);
    expect(stop.url.searchParams.get('error')).toBe('invalid_scope');
  });

  it.each<[deviation: string, request: RequestInit, path: string]>([
    ['a body that is no JSON', { method: 'POST', body: '{' }, '/clients'],
    ['a body that is a list', { method: 'POST', body: '[]' }, '/clients'],
    ['a body that is text', { method: 'POST', body: '"x"' }, '/clients'],
    ['no body', { method: 'POST' }, '/clients'],
    ['an unknown query parameter', {}, '/clients?where=1'],
    ['a page of 0', {}, '/clients?limit=0'],
    ['a page of 101', {}, '/clients?limit=101'],
    ['a page of many', {}, '/clients?limit=many'],
    [
      'a body for an action that has none',
      { method: 'POST', body: '{"force":true}' },
      '/clients/demo-web/disable',
    ],
    ['an id that is no id', {}, '/accounts/1%27%20OR%201=1'],
    ['a cursor that is no id', {}, '/accounts?cursor=1'],
    ['a cursor that no database takes', {}, '/clients?cursor=%00'],
    ['an address that no database takes', {}, '/accounts?email=%00'],
    [
      'a text for an overlap',
      { method: 'POST', body: '{"overlap_hours":"1"}' },
      '/clients/demo-service/secret',
    ],
    [
      'an overlap of a month',
      { method: 'POST', body: '{"overlap_hours":720}' },
      '/clients/demo-service/secret',
    ],
    ['a negative overlap', { method: 'POST', body: '{"overlap_hours":-1}' }, '/clients/demo-service/secret'],
  ])('answers a problem (400) to %s, and says nothing of its insides', async (_deviation, request, path) => {
    const headers = {
      authorization: `Bearer ${await adminToken(issuer)}`,
      'content-type': 'application/json',
    };
    const response = await fetch(`${issuer}/admin${path}`, { ...request, headers });
    const text = await response.text();
    expect(response.status).toBe(400);
    expect(response.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
    expect(text).not.toMatch(INTERNALS);
  });
});

function problem(status: number) {
  return { type: 'about:blank', title: expect.any(String), status, detail: expect.any(String) };
}
