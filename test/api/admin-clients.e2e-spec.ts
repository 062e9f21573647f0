import { beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { DemoWebClient } from '../support/demo-web-client.ts';
import {
  AdminCaller,
  adminToken,
  logInTo,
  operator,
  publicClient,
  type AdminAnswer,
} from '../support/operator.ts';
import { api, issuer } from '../support/running-stack.ts';
import { basic, tokenRequest } from '../support/token-endpoint.ts';
import { UserAgent } from '../support/user-agent.ts';

type Members = Readonly<Record<string, unknown>>;

const CUSTOMER = 'customer@example.com';
const LOGIN = 'openid offline_access orders:read';
const created = z.looseObject({ client_id: z.string(), client_secret: z.string() });
const clientPage = z.object({
  data: z.array(z.looseObject({ client_id: z.string() })),
  next_cursor: z.string().nullable(),
});

let admin: AdminCaller;
let count = 0;
const suffix = crypto.randomUUID().slice(0, 8);
const newId = (): string => `client-${suffix}-${count++}`;

const service = (clientId: string): Members => ({
  client_id: clientId,
  grant_types: ['client_credentials'],
  scope: 'orders:read payments:read',
});

async function register(
  registration: Members,
): Promise<{ readonly clientId: string; readonly secret: string }> {
  const { client_id: clientId, client_secret: secret } = created.parse(
    (await admin.call('POST', '/clients', registration)).body,
  );
  return { clientId, secret };
}

async function registerPublic(): Promise<string> {
  const clientId = newId();
  const answer = await admin.call('POST', '/clients', publicClient(clientId, LOGIN));
  if (answer.status !== 201) throw new Error(JSON.stringify(answer.body));
  return clientId;
}

function credentialsGrant(clientId: string, secret: string, scope = 'orders:read') {
  return tokenRequest(issuer, { grant_type: 'client_credentials', scope }, basic(clientId, secret));
}

const refresh = (clientId: string, token: string) =>
  new DemoWebClient(issuer).refresh(token, { client_id: clientId });

const refused = (status: number, code: string) => ({ status, body: expect.objectContaining({ code }) });

beforeAll(async () => {
  admin = await operator(issuer);
});

describe('a client that an administrator registers', () => {
  it('gets tokens at once, with a secret that is shown once and never again', async () => {
    const clientId = newId();
    const answer = await admin.call('POST', '/clients', service(clientId));
    expect(answer).toMatchObject({
      status: 201,
      body: {
        client_id: clientId,
        client_secret: expect.stringMatching(/^[\w-]{43}$/),
        client_secret_expires_at: 0,
      },
    });
    expect(answer.headers.get('location')).toBe(`/admin/clients/${clientId}`);

    const { client_secret: secret } = created.parse(answer.body);
    expect(await credentialsGrant(clientId, secret)).toMatchObject({ status: 200 });
    const shown = await admin.call('GET', `/clients/${clientId}`);
    expect(shown).toMatchObject({ status: 200, body: { client_id: clientId, has_secret: true } });
    expect(JSON.stringify(shown.body)).not.toContain(secret);
    expect(shown.body).not.toHaveProperty('client_secret');
  });

  it('gets an id when it has none', async () => {
    const { client_id: _none, ...rest } = service('');
    expect((await register(rest)).clientId).toMatch(/^[0-9a-f]{24}$/);
  });

  it('with private_key_jwt or none has no secret', async () => {
    const { body } = await admin.call('POST', '/clients', publicClient(newId(), LOGIN));
    expect(body).toMatchObject({ has_secret: false });
    expect(body).not.toHaveProperty('client_secret');
  });

  it('leads people to its redirect URIs alone, to the letter (BCP-01)', async () => {
    const clientId = newId();
    const registration = { ...publicClient(clientId, LOGIN), redirect_uris: ['https://app.example/cb'] };
    await admin.call('POST', '/clients', registration);
    const stopAt = async (redirect_uri: string) => {
      const url = new DemoWebClient(issuer).authorizationUrl({
        client_id: clientId,
        redirect_uri,
        scope: 'openid',
      });
      return new UserAgent(issuer).open(url);
    };
    expect(await stopAt('https://app.example/cb')).toMatchObject({ status: 200 });
    for (const uri of ['https://app.example/cb/', 'https://app.example/cb?x=1', 'https://evil.example/cb']) {
      const { status, url } = await stopAt(uri);
      expect({ status, origin: url.origin }).toEqual({ status: 400, origin: issuer });
    }
  });

  it('of 20 that ask for one id at a time is one', async () => {
    const clientId = newId();
    const calls = Array.from({ length: 20 }, () => admin.call('POST', '/clients', service(clientId)));
    const statuses = (await Promise.all(calls)).map(({ status }) => status);
    expect(statuses.toSorted((a, b) => a - b)).toEqual([201, ...Array(19).fill(409)]);
  });

  it('is listed, page by page', async () => {
    const clientId = await registerPublic();
    const seen: string[] = [];
    let cursor = '';
    for (;;) {
      const { body } = await admin.call('GET', `/clients?limit=2&cursor=${cursor}`);
      const { data, next_cursor } = clientPage.parse(body);
      seen.push(...data.map(({ client_id }) => client_id));
      if (next_cursor === null) break;
      cursor = next_cursor;
    }
    expect(seen).toContain(clientId);
    expect(new Set(seen).size).toBe(seen.length);
  });
});

describe('a registration is refused, with its faults, when it has', () => {
  it.each<[deviation: string, members: Members, fault: string]>([
    [
      'the id of an account (BCP-20, JWT-11)',
      { client_id: '6f1c2a54-0f3b-4d0e-9a57-1d0b1c7e0001' },
      'client_id',
    ],
    ['an id with markup', { client_id: '<script>' }, 'client_id'],
    [
      'a redirect over plain http (BCP-14)',
      { ...publicClient('x', LOGIN), redirect_uris: ['http://app.example/'] },
      'redirect_uris',
    ],
    ['a scope that there is not (ASVS 10.4.11)', { scope: 'orders:read everything' }, 'scope everything'],
    ['a secret of its own', { client_secret: 'my-secret' }, 'client_secret'],
    ['the hash of a secret (mass assignment)', { secret_hash: 'x' }, 'secret_hash'],
    ['a state (mass assignment)', { disabled_at: null, created_at: 1 }, 'disabled_at'],
    ['keys at an address', { jwks_uri: 'http://169.254.169.254/' }, 'jwks_uri'],
    ['another’s resource server', { resource_server: 'https://other.example' }, 'resource_server'],
    ['the admin API for its resource server', { resource_server: `${issuer}/admin` }, 'resource_server'],
    ['HS256 for its ID tokens', { id_token_signed_response_alg: 'HS256' }, 'id_token_signed_response_alg'],
    ['an object for text', { client_name: { $gt: '' } }, 'client_name'],
    ['nothing in it but nesting', { jwks: { keys: [{ a: { b: {} } }] } }, 'jwks'],
  ])('%s', async (_deviation, members, fault) => {
    const answer = await admin.call('POST', '/clients', { ...service(newId()), ...members });
    expect(answer).toEqual(expect.objectContaining(refused(400, 'invalid_client_metadata')));
    expect(answer.body).toMatchObject({ detail: expect.stringContaining(fault) });
  });

  it('the id of a client that there is', async () => {
    expect(await admin.call('POST', '/clients', service('demo-web'))).toMatchObject(
      refused(409, 'client_exists'),
    );
  });

  it('the id of the operator’s client, however it is spelled', async () => {
    for (const clientId of ['countersign-admin', 'Countersign-Admin'])
      expect(await admin.call('POST', '/clients', service(clientId))).toMatchObject(
        refused(409, 'client_reserved'),
      );
  });
});

describe('a change of a client', () => {
  it('holds for the next request, and leaves what it does not name', async () => {
    const { clientId, secret } = await register({ ...service(newId()), client_name: 'Before' });
    const answer = await admin.call('PATCH', `/clients/${clientId}`, { scope: 'orders:read' });
    expect(answer).toMatchObject({ status: 200, body: { client_name: 'Before', scope: 'orders:read' } });
    expect(await credentialsGrant(clientId, secret, 'payments:read')).toMatchObject({
      body: { error: 'invalid_scope' },
    });
  });

  it('takes a member away with null (RFC 7396)', async () => {
    const { clientId } = await register({ ...service(newId()), client_name: 'Before' });
    expect(
      (await admin.call('PATCH', `/clients/${clientId}`, { client_name: null })).body,
    ).not.toHaveProperty('client_name');
  });

  it('loses nothing to another change of the same moment', async () => {
    const { clientId } = await register(service(newId()));
    const changes = [
      { client_name: 'N' },
      { scope: 'orders:read' },
      { access_token_format: 'opaque' },
      { roles: ['merchant'] },
    ];
    await Promise.all(changes.map((change) => admin.call('PATCH', `/clients/${clientId}`, change)));
    expect((await admin.call('GET', `/clients/${clientId}`)).body).toMatchObject(
      Object.assign({}, ...changes),
    );
  });

  it('that takes a scope away ends the refresh tokens that have it', async () => {
    const clientId = await registerPublic();
    const { refresh_token: token } = await logInTo(issuer, clientId, CUSTOMER, { scope: LOGIN });
    await admin.call('PATCH', `/clients/${clientId}`, { scope: 'openid offline_access' });
    expect(await refresh(clientId, token)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
  });

  it.each<[deviation: string, change: Members]>([
    ['of its id', { client_id: 'another' }],
    ['to the id of nobody', { client_id: null }],
    ['that breaks a rule of all members', { grant_types: ['authorization_code'] }],
    ['of a member that there is not', { admin: true }],
  ])('%s is refused', async (_deviation, change) => {
    const { clientId } = await register(service(newId()));
    const answer = await admin.call('PATCH', `/clients/${clientId}`, change);
    expect(answer).toMatchObject(refused(400, 'invalid_client_metadata'));
  });
});

describe('a new secret', () => {
  it('is good at once, and the one before no longer', async () => {
    const { clientId, secret } = await register(service(newId()));
    const { secret: next } = await rotate(clientId, {});
    expect(await credentialsGrant(clientId, next)).toMatchObject({ status: 200 });
    expect(await credentialsGrant(clientId, secret)).toMatchObject({
      status: 401,
      body: { error: 'invalid_client' },
    });
  });

  it('leaves the one before good for some hours, if that is asked for, and never a third', async () => {
    const { clientId, secret: first } = await register(service(newId()));
    const { secret: second } = await rotate(clientId, { overlap_hours: 1 });
    for (const secret of [first, second])
      expect(await credentialsGrant(clientId, secret)).toMatchObject({ status: 200 });

    await rotate(clientId, { overlap_hours: 1 });
    expect(await credentialsGrant(clientId, first)).toMatchObject({ status: 401 });
    expect(await credentialsGrant(clientId, second)).toMatchObject({ status: 200 });
  });

  it('is not for a client that has none', async () => {
    const clientId = await registerPublic();
    expect(await admin.call('POST', `/clients/${clientId}/secret`, {})).toMatchObject(
      refused(409, 'client_without_secret'),
    );
  });

  async function rotate(clientId: string, request: Members) {
    const answer = await admin.call('POST', `/clients/${clientId}/secret`, request);
    return { secret: created.parse(answer.body).client_secret };
  }
});

describe.each<[action: string, end: (clientId: string) => Promise<AdminAnswer>]>([
  ['disabled', (clientId) => admin.call('POST', `/clients/${clientId}/disable`)],
  ['deleted', (clientId) => admin.call('DELETE', `/clients/${clientId}`)],
])('a client that is %s', (_action, end) => {
  it('gets no token', async () => {
    const { clientId, secret } = await register(service(newId()));
    await end(clientId);
    expect(await credentialsGrant(clientId, secret)).toMatchObject({
      status: 401,
      body: { error: 'invalid_client' },
    });
  });

  it('refreshes nothing', async () => {
    const clientId = await registerPublic();
    const { refresh_token: token } = await logInTo(issuer, clientId, CUSTOMER, { scope: LOGIN });
    await end(clientId);
    expect(await refresh(clientId, token)).toMatchObject({ body: { error: 'invalid_client' } });
  });

  it('logs nobody in, and people are led nowhere', async () => {
    const clientId = await registerPublic();
    const url = new DemoWebClient(issuer).authorizationUrl({ client_id: clientId, scope: 'openid' });
    const agent = new UserAgent(issuer);
    const loginPage = await agent.open(url);
    expect(loginPage.status).toBe(200);
    await end(clientId);
    expect(await new UserAgent(issuer).open(url)).toMatchObject({ status: 400, url: { origin: issuer } });
    const credentials = { email: CUSTOMER, password: 'countersign-demo' };
    expect(await agent.submit(loginPage, '/login', credentials)).toMatchObject({
      status: 400,
      url: { origin: issuer },
    });
  });

  it('has no opaque token that is still good', async () => {
    const { clientId, secret } = await register({ ...service(newId()), access_token_format: 'opaque' });
    const { body } = await credentialsGrant(clientId, secret);
    const { access_token: token } = z.looseObject({ access_token: z.string() }).parse(body);
    const introspect = async () => {
      const request = {
        method: 'POST',
        body: new URLSearchParams({ token }),
        headers: basic('gateway', 'gateway-secret'),
      };
      return (await fetch(`${issuer}/introspect`, request)).json();
    };
    expect(await introspect()).toMatchObject({ active: true });
    await end(clientId);
    expect(await introspect()).toEqual({ active: false });
  });
});

describe('a client that is enabled again', () => {
  it('gets tokens, and nothing of what it had before', async () => {
    const clientId = await registerPublic();
    const { refresh_token: token } = await logInTo(issuer, clientId, CUSTOMER, { scope: LOGIN });
    expect(await admin.call('POST', `/clients/${clientId}/disable`)).toMatchObject({
      status: 200,
      body: { disabled_at: expect.any(String) },
    });
    expect(await admin.call('POST', `/clients/${clientId}/enable`)).toMatchObject({
      status: 200,
      body: { disabled_at: null },
    });
    expect(await refresh(clientId, token)).toMatchObject({ body: { error: 'invalid_grant' } });
    expect(await logInTo(issuer, clientId, CUSTOMER, { scope: LOGIN })).toHaveProperty('refresh_token');
  });
});

describe('an administrator of clients alone', () => {
  let clientsOnly: AdminCaller;
  let keeper: string;

  beforeAll(async () => {
    clientsOnly = new AdminCaller(issuer, await adminToken(issuer, { scope: 'clients:admin' }));
    keeper = (await register({ ...service(newId()), scope: 'keys:admin', roles: ['admin'] })).clientId;
  });

  it('registers clients for everything that is not of administrators', async () => {
    const registration = { ...service(newId()), scope: 'payments:write', roles: ['merchant'] };
    expect(await clientsOnly.call('POST', '/clients', registration)).toMatchObject({ status: 201 });
  });

  describe.each<[more: string, members: Members]>([
    ['a scope that he has not', { scope: 'orders:read accounts:admin' }],
    ['the role admin at the API', { roles: ['admin'] }],
    ['the role admin among others', { roles: ['customer', 'admin'] }],
    ['the standing of a resource server', { resource_server: api }],
  ])('with %s', (_more, members) => {
    it('registers no client', async () => {
      const registration = { ...service(newId()), ...members };
      expect(await clientsOnly.call('POST', '/clients', registration)).toMatchObject(
        refused(403, 'client_above_caller'),
      );
      expect(await admin.call('POST', '/clients', registration)).toMatchObject({ status: 201 });
    });

    it('has no client of his', async () => {
      const { clientId } = await register(service(newId()));
      expect(await clientsOnly.call('PATCH', `/clients/${clientId}`, members)).toMatchObject(
        refused(403, 'client_above_caller'),
      );
    });

    it('takes no client over', async () => {
      const { clientId } = await register({ ...service(newId()), ...members });
      expect(await clientsOnly.call('POST', `/clients/${clientId}/secret`, {})).toMatchObject(
        refused(403, 'client_above_caller'),
      );
    });
  });

  it('gives himself no new secret of the gateway', async () => {
    expect(await clientsOnly.call('POST', '/clients/gateway/secret', {})).toMatchObject(
      refused(403, 'client_above_caller'),
    );
  });

  it.each<[action: string, method: string, path: string, body: Members | undefined]>([
    ['take over by a new secret', 'POST', '/secret', {}],
    ['change', 'PATCH', '', { client_name: 'x' }],
    ['disable', 'POST', '/disable', {}],
    ['enable', 'POST', '/enable', {}],
    ['delete', 'DELETE', '', undefined],
  ])('does not %s one that may', async (_action, method, path, body) => {
    const answer = await clientsOnly.call(method, `/clients/${keeper}${path}`, body);
    expect(answer).toMatchObject(refused(403, 'client_above_caller'));
  });
});

describe.each<[client: string, clientId: string, status: number, code: string]>([
  ['the operator’s own client', 'countersign-admin', 409, 'client_reserved'],
  ['a client that there is not', 'nobody', 404, 'client_not_found'],
  ['a text that is no id', '%00%2e%2e', 404, 'client_not_found'],
])('%s', (_client, clientId, status, code) => {
  it.each<[action: string, method: string, path: string, body: Members | undefined]>([
    ['changed', 'PATCH', '', { client_name: 'x' }],
    ['given another secret', 'POST', '/secret', {}],
    ['disabled', 'POST', '/disable', {}],
    ['enabled', 'POST', '/enable', {}],
    ['deleted', 'DELETE', '', undefined],
  ])('cannot be %s', async (_action, method, path, body) => {
    expect(await admin.call(method, `/clients/${clientId}${path}`, body)).toMatchObject(
      refused(status, code),
    );
  });
});
