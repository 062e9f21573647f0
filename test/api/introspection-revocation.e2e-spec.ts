import { beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { DemoWebClient } from '../support/demo-web-client.ts';
import { issuer } from '../support/running-stack.ts';
import { basic, tokenRequest } from '../support/token-endpoint.ts';

const GATEWAY = basic('gateway', 'gateway-secret');
const SERVICE = basic('demo-service', 'demo-service-secret');
const OPAQUE = basic('demo-opaque', 'demo-opaque-secret');

type Headers = Readonly<Record<string, string>>;

function post(path: string, parameters: Headers, headers: Headers = {}): Promise<Response> {
  return fetch(`${issuer}${path}`, { method: 'POST', body: new URLSearchParams(parameters), headers });
}

async function introspect(token: string, credentials: Headers): Promise<unknown> {
  return (await post('/introspect', { token }, credentials)).json();
}

async function opaqueToken(): Promise<string> {
  const { body } = await tokenRequest(
    issuer,
    { grant_type: 'client_credentials', scope: 'orders:read' },
    OPAQUE,
  );
  return z.looseObject({ access_token: z.string() }).parse(body).access_token;
}

describe('introspection', () => {
  let token: string;

  beforeAll(async () => {
    token = await opaqueToken();
  });

  it.each([
    ['no credentials', {}],
    ['a wrong secret', basic('gateway', 'wrong')],
    ['a client that is not registered', basic('nobody', 'secret')],
  ])('answers nobody with %s (INT-01)', async (_title, credentials) => {
    const response = await post('/introspect', { token }, credentials);
    expect([400, 401]).toContain(response.status);
    expect(await response.json()).not.toHaveProperty('active');
  });

  it('shows a token to the resource server that it is meant for, and is not cached (INT-03, INT-05)', async () => {
    const response = await post('/introspect', { token }, GATEWAY);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(await response.json()).toMatchObject({
      active: true,
      client_id: 'demo-opaque',
      scope: 'orders:read',
    });
  });

  it.each([
    ['a token of another client, to a client', () => token, SERVICE],
    ['a token that was never issued', () => 'rubbish', GATEWAY],
    ['an empty text', () => ' ', GATEWAY],
  ])(
    'says of %s that it is inactive, and nothing else (INT-02, INT-03)',
    async (_title, text, credentials) => {
      expect(await introspect(text(), credentials)).toEqual({ active: false });
    },
  );

  it('takes no token from a query (INT-05)', async () => {
    const response = await fetch(`${issuer}/introspect?token=${token}`, { headers: GATEWAY });
    expect(response.status).toBe(404);
  });
});

describe('revocation', () => {
  it('ends a token of the client itself', async () => {
    const token = await opaqueToken();
    expect((await post('/revoke', { token }, OPAQUE)).status).toBe(200);
    expect(await introspect(token, OPAQUE)).toEqual({ active: false });
  });

  it("leaves another client's token alone (REV-01)", async () => {
    const token = await opaqueToken();
    await post('/revoke', { token }, SERVICE);
    expect(await introspect(token, OPAQUE)).toMatchObject({ active: true });
  });

  it('answers 200 for a token that there is not (REV-02)', async () => {
    expect((await post('/revoke', { token: 'rubbish' }, OPAQUE)).status).toBe(200);
  });

  it('ends a refresh token, whatever the hint says it is (REV-05)', async () => {
    const web = new DemoWebClient(issuer);
    const { refresh_token: refreshToken } = await web.logIn('customer@example.com');
    const parameters = { client_id: 'demo-web', token: refreshToken, token_type_hint: 'access_token' };
    expect((await post('/revoke', parameters)).status).toBe(200);
    expect(await web.refresh(refreshToken)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
  });
});
