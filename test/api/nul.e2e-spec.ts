import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { ApiClient } from '../support/api-client.ts';
import { draft } from '../support/demo-orders.ts';
import { DemoWebClient, PASSWORD } from '../support/demo-web-client.ts';
import { operator, type AdminCaller } from '../support/operator.ts';
import { rawRequest } from '../support/raw-http.ts';
import { api, issuer } from '../support/running-stack.ts';
import { basic } from '../support/token-endpoint.ts';
import { UserAgent } from '../support/user-agent.ts';

/** What no text of PostgreSQL has: the first fails in any column, the second in JSON. */
const NUL = '\0';
const HALF_A_CHARACTER = '\uD800';
const EMAIL = 'customer@example.com';
const SERVICE = basic('demo-service', 'demo-service-secret');
const GATEWAY = basic('gateway', 'gateway-secret');
const DEVICE_CODE = 'urn:ietf:params:oauth:grant-type:device_code';
const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';

type Fields = Readonly<Record<string, string>>;

const web = new DemoWebClient(issuer);
const authorization = () => Object.fromEntries(web.authorizationUrl().searchParams);

function send(path: string, init: RequestInit = {}): Promise<Response> {
  return fetch(`${issuer}${path}`, { redirect: 'manual', ...init });
}

function form(path: string, fields: Fields, headers: Fields = {}): Promise<Response> {
  return send(path, { method: 'POST', body: new URLSearchParams(fields), headers });
}

function json(path: string, body: unknown, headers: Fields = {}): Promise<Response> {
  const type = { 'content-type': 'application/json' };
  return send(path, { method: 'POST', body: JSON.stringify(body), headers: { ...type, ...headers } });
}

describe('a NUL in a parameter of a protocol endpoint', () => {
  it.each<[parameter: string, path: string, fields: Fields, headers?: Fields]>([
    ['device_code', '/token', { grant_type: DEVICE_CODE, client_id: 'demo-web', device_code: NUL }],
    ['code', '/token', { grant_type: 'authorization_code', client_id: 'demo-web', code: NUL }],
    ['refresh_token', '/token', { grant_type: 'refresh_token', client_id: 'demo-web', refresh_token: NUL }],
    ['scope', '/token', { grant_type: 'client_credentials', scope: NUL }, SERVICE],
    ['resource', '/token', { grant_type: 'client_credentials', resource: NUL }, SERVICE],
    ['grant_type', '/token', { grant_type: NUL }, SERVICE],
    ['client_id', '/token', { grant_type: 'client_credentials', client_id: NUL, client_secret: 'x' }],
    [
      'client_secret',
      '/token',
      { grant_type: 'client_credentials', client_id: 'demo-service', client_secret: NUL },
    ],
    [
      'subject_token',
      '/token',
      { grant_type: EXCHANGE, subject_token: NUL },
      basic('demo-exchange', 'demo-exchange-secret'),
    ],
    ['scope', '/device_authorization', { client_id: 'demo-web', scope: NUL }],
    ['nonce', '/device_authorization', { client_id: 'demo-web', scope: 'openid', nonce: NUL }],
    ['login_hint', '/par', { ...authorization(), login_hint: NUL }],
    ['state', '/par', { ...authorization(), state: `a${NUL}b` }],
    ['token', '/introspect', { token: NUL }, SERVICE],
    ['token', '/revoke', { token: NUL }, SERVICE],
  ])('is refused: %s at %s', async (_parameter, path, fields, headers = {}) => {
    const answer = await form(path, fields, headers);
    expect([answer.status, await answer.json()]).toMatchObject([400, { error: 'invalid_request' }]);
  });

  it.each(['state', 'nonce', 'login_hint', 'ui_locales', 'acr_values', 'scope', 'prompt', 'resource'])(
    'is told to the client as its fault: %s at /authorize',
    async (parameter) => {
      const page = await new UserAgent(issuer).open(web.authorizationUrl({ [parameter]: NUL }));
      expect(Object.fromEntries(page.url.searchParams)).toMatchObject({ error: 'invalid_request' });
    },
  );

  it.each<[what: string, path: string]>([
    ['client_id at /authorize', `/authorize?${new URLSearchParams({ ...authorization(), client_id: NUL })}`],
    [
      'request_uri at /authorize',
      '/authorize?client_id=demo-web&request_uri=urn:ietf:params:oauth:request_uri:%00',
    ],
    [
      'redirect_uri at /authorize',
      `/authorize?${new URLSearchParams({ ...authorization(), redirect_uri: NUL })}`,
    ],
    ['state at /logout', '/logout?state=%00'],
    ['client_id at /logout', '/logout?client_id=%00'],
    ['id_token_hint at /logout', '/logout?id_token_hint=%00'],
    ['logout_hint at /logout', '/logout?logout_hint=%00'],
    ['post_logout_redirect_uri at /logout', '/logout?client_id=demo-web&post_logout_redirect_uri=%00'],
    ['client_id at /logout/success', '/logout/success?client_id=%00'],
    ['user_code at /device', '/device?user_code=%00'],
    ['a parameter that nobody knows', '/authorize?%00=%00'],
  ])('is refused on a page: %s', async (_what, path) => {
    const answer = await send(path, { headers: { accept: 'text/html' } });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([
      400,
      expect.stringContaining('html'),
    ]);
  });

  it('is refused in a code that a person types in', async () => {
    const agent = new UserAgent(issuer);
    const page = await agent.open(new URL('/device', issuer));
    expect(await agent.submit(page, '/device', { user_code: NUL })).toMatchObject({ status: 400 });
  });

  it('is none of the names of a client (RFC 6749 §2.3.1)', async () => {
    const answer = await form('/token', { grant_type: 'client_credentials' }, basic('%00', 'x'));
    expect([answer.status, await answer.json()]).toMatchObject([400, { error: 'invalid_request' }]);
  });

  it('ends no session when it is in a cookie', async () => {
    const answer = await rawRequest(issuer, [
      'GET /account HTTP/1.1',
      `Host: ${new URL(issuer).host}`,
      'Cookie: _session=%00; _session.sig=%00; _interaction=%00',
      'Connection: close',
    ]);
    expect(answer.status).toBe(303);
  });
});

describe('a text that no database takes, in a form of ours', () => {
  const ours = { origin: issuer };

  it.each([NUL, HALF_A_CHARACTER, `${EMAIL}${NUL}`])('is no address to log in with: %j', async (email) => {
    const answers = [
      await form('/account/login', { email, password: PASSWORD }, ours),
      await json('/account/login', { email, password: PASSWORD }, ours),
    ];
    // In a form, half a character arrives as U+FFFD: an address of nobody.
    expect(answers.map(({ status }) => status)).toEqual([email === HALF_A_CHARACTER ? 403 : 400, 400]);
  });

  it('is no address to log in to an application with', async () => {
    const agent = new UserAgent(issuer);
    const page = await agent.open(web.authorizationUrl());
    const answer = await agent.post(page, '/login', new URLSearchParams({ email: NUL, password: PASSWORD }));
    expect(answer.status).toBe(400);
  });

  it.each<[what: string, path: string, body: Fields]>([
    ['an address to register', '/register', { email: `a${NUL}@example.com` }],
    ['an address that forgot', '/password/forgotten', { email: `a${NUL}@example.com` }],
    ['a token of a mail', '/register/finish', { token: NUL, name: 'A', password: 'x', again: 'x' }],
    ['a token of another mail', '/password/reset', { token: NUL, password: 'x', again: 'x' }],
  ])('is refused for %s', async (_what, path, body) => {
    const answers = [await form(path, body, ours), await json(path, body, ours)];
    for (const { status } of answers) expect([400, 410]).toContain(status);
  });

  it.each<[what: string, path: string, fields: Fields]>([
    ['a session to end', '/account/end-session', { session: NUL }],
    ['an application to end', '/account/end-access', { client_id: NUL }],
  ])('names nothing that a person has: %s', async (_what, path, fields) => {
    const login = await form('/account/login', { email: EMAIL, password: PASSWORD }, ours);
    const cookie = login.headers
      .getSetCookie()
      .map((line) => line.split(';', 1)[0])
      .join('; ');
    expect((await form(path, fields, { ...ours, cookie })).status).toBe(400);
  });

  it.each(['/interaction/%00', '/interaction/%00/login'])('is no page: %s', async (path) => {
    const answer = path.endsWith('/login') ? await form(path, {}, ours) : await send(path);
    expect([400, 404]).toContain(answer.status);
  });
});

describe.each([NUL, HALF_A_CHARACTER])('the event stream, with %j', (text) => {
  it.each<[what: string, body: object]>([
    ['an acknowledgement', { ack: [text] }],
    ['an error', { setErrs: { [text]: { err: 'invalid_key' } } }],
  ])('refuses a poll: %s', async (_what, body) => {
    const path = `/events/streams/${randomUUID()}/poll`;
    expect((await json(path, { returnImmediately: true, ...body }, GATEWAY)).status).toBe(400);
  });

  it('knows no such stream, and no such client', async () => {
    expect((await json('/events/streams/%00/poll', {}, GATEWAY)).status).toBe(400);
    const answer = await json(`/events/streams/${randomUUID()}/poll`, {
      client_id: text,
      client_secret: 'x',
    });
    expect(answer.status).toBe(401);
  });
});

describe.each([NUL, HALF_A_CHARACTER])('the admin API, with %j', (text) => {
  let admin: AdminCaller;
  let clientId: string;
  beforeAll(async () => {
    admin = await operator(issuer);
    clientId = `nul-${randomUUID().slice(0, 8)}`;
    const registration = {
      client_id: clientId,
      grant_types: [EXCHANGE],
      scope: 'orders:read',
      token_exchange: { subject_clients: ['demo-web'], audiences: [api] },
    };
    await admin.call('POST', '/clients', registration);
  });

  it('changes a client as long as it is not sent', async () => {
    expect(await admin.call('PATCH', `/clients/${clientId}`, { client_name: 'A' })).toMatchObject({
      status: 200,
    });
  });

  it.each<[member: string, change: () => object]>([
    ['client_name', () => ({ client_name: `A${text}` })],
    ['scope', () => ({ scope: `orders:read ${text}` })],
    ['redirect_uris', () => ({ redirect_uris: [`https://app.example/${text}`] })],
    ['backchannel_logout_uri', () => ({ backchannel_logout_uri: `https://app.example/${text}` })],
    ['resource_server', () => ({ resource_server: `${api}/${text}` })],
    ['roles', () => ({ roles: [text] })],
    ['subject_clients', () => ({ token_exchange: { subject_clients: [text], audiences: [api] } })],
    ['audiences', () => ({ token_exchange: { subject_clients: ['demo-web'], audiences: [text] } })],
    ['an unknown member', () => ({ [text]: text })],
  ])('refuses a change of a client: %s', async (_member, change) => {
    expect(await admin.call('PATCH', `/clients/${clientId}`, change())).toMatchObject({ status: 400 });
  });

  it('refuses a role of an account', async () => {
    const path = '/accounts/6f1c2a54-0f3b-4d0e-9a57-1d0b1c7e0001/roles';
    expect(await admin.call('PUT', path, { roles: [text] })).toMatchObject({ status: 400 });
  });

  it.each<[method: string, path: string, status: number]>([
    ['GET', '/clients/%00', 404],
    ['PATCH', '/clients/%00', 404],
    ['DELETE', '/clients/%00', 404],
    ['GET', '/accounts/%00', 400],
    ['POST', '/accounts/%00/disable', 400],
    ['POST', '/keys/%00/retire', 404],
    ['POST', '/keys/%00/revoke', 404],
  ])('finds nothing: %s %s', async (method, path, status) => {
    expect(await admin.call(method, path, method === 'PATCH' ? {} : undefined)).toMatchObject({ status });
  });
});

describe.each([NUL, HALF_A_CHARACTER])('the API, with %j', (text) => {
  let customer: ApiClient;
  beforeAll(async () => {
    customer = new ApiClient(api, (await web.logIn(EMAIL)).access_token);
  });

  it.each<[what: string, path: string, body: () => object]>([
    [
      'a SKU',
      '/orders',
      () => ({ ...draft(), items: [{ sku: `TEA${text}`, quantity: 1, unitPrice: 1_250 }] }),
    ],
    ['a merchant', '/orders', () => ({ ...draft(), merchantId: text })],
    ['a currency', '/orders', () => ({ ...draft(), currency: text })],
    ['an order to cancel', '/orders/%00/cancel', () => ({})],
    ['an order to pay', '/orders/%00/pay', () => ({})],
  ])('is refused: %s', async (_what, path, body) => {
    expect(await customer.post(path, body())).toMatchObject({ status: 400 });
  });

  it.each(['/orders/%00', '/payments/%00', '/orders?cursor=%00', '/payments?cursor=%00'])(
    'is refused: %s',
    async (path) => {
      expect(await customer.get(path)).toMatchObject({ status: 400 });
    },
  );
});
