import { describe, expect, it } from '@jest/globals';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { z } from 'zod';
import { api, issuer } from '../support/running-stack.ts';
import { basic, serviceToken, tokenRequest } from '../support/token-endpoint.ts';

const SERVICE = basic('demo-service', 'demo-service-secret');
const GATEWAY = basic('gateway', 'gateway-secret');
const tokenAnswer = z.looseObject({ access_token: z.string() });

type Parameters = Readonly<Record<string, string>>;

function clientCredentials(parameters: Parameters, credentials: Parameters) {
  return tokenRequest(issuer, { grant_type: 'client_credentials', ...parameters }, credentials);
}

async function introspect(token: string, credentials: Parameters): Promise<unknown> {
  const body = new URLSearchParams({ token });
  return (await fetch(`${issuer}/introspect`, { method: 'POST', body, headers: credentials })).json();
}

describe('client credentials', () => {
  it('give a client an access token whose subject is the client, with no roles (ATJ-02, ATJ-03, ATJ-09)', async () => {
    const token = await serviceToken(issuer, 'orders:read');
    expect(decodeProtectedHeader(token)).toMatchObject({ alg: 'RS256', typ: 'at+jwt' });
    const claims = decodeJwt(token);
    expect(claims).toEqual({
      iss: issuer,
      aud: api,
      sub: 'demo-service',
      client_id: 'demo-service',
      scope: 'orders:read',
      jti: expect.any(String),
      iat: expect.any(Number),
      exp: (claims.iat ?? 0) + 300,
    });
  });

  it('give each of 100 tokens a jti of its own (ATJ-03)', async () => {
    const issued = await Promise.all(Array.from({ length: 100 }, () => serviceToken(issuer)));
    expect(new Set(issued.map((token) => decodeJwt(token).jti)).size).toBe(100);
  });

  it('give no refresh token', async () => {
    const { body } = await clientCredentials({}, SERVICE);
    expect(body).not.toHaveProperty('refresh_token');
    expect(body).not.toHaveProperty('id_token');
  });

  it.each<
    [deviation: string, parameters: Parameters, credentials: Parameters, status: number, error: string]
  >([
    ['a wrong secret', {}, basic('demo-service', 'guessed'), 401, 'invalid_client'],
    ['the secret of another client', {}, basic('demo-service', 'gateway-secret'), 401, 'invalid_client'],
    ['an unknown client', {}, basic('nobody', 'demo-service-secret'), 401, 'invalid_client'],
    ['no credentials', { client_id: 'demo-service' }, {}, 401, 'invalid_client'],
    [
      'credentials in the header and in the body',
      { client_id: 'demo-service', client_secret: 'demo-service-secret' },
      SERVICE,
      400,
      'invalid_request',
    ],
    [
      'a scope that is not the client’s',
      { scope: 'orders:read orders:write' },
      SERVICE,
      400,
      'invalid_scope',
    ],
    ['a scope that nobody has', { scope: 'orders:read admin:all' }, SERVICE, 400, 'invalid_scope'],
    ['the scope openid', { scope: 'openid orders:read' }, SERVICE, 400, 'invalid_scope'],
    ['an unknown resource (ATJ-06)', { resource: 'https://other.example' }, SERVICE, 400, 'invalid_target'],
    ['a client that may not have the grant', {}, GATEWAY, 400, 'unauthorized_client'],
    ['no grant type', { grant_type: '' }, SERVICE, 400, 'invalid_request'],
    [
      'a grant type that is not on offer',
      { grant_type: 'urn:example:grant' },
      SERVICE,
      400,
      'unsupported_grant_type',
    ],
    [
      'the password grant (BCP-07)',
      { grant_type: 'password', username: 'customer@example.com', password: 'countersign-demo' },
      SERVICE,
      400,
      'unsupported_grant_type',
    ],
    ['the implicit grant (BCP-06)', { grant_type: 'implicit' }, SERVICE, 400, 'unsupported_grant_type'],
  ])('with %s give nothing', async (_deviation, parameters, credentials, status, error) => {
    const answer = await clientCredentials(parameters, credentials);
    expect([answer.status, answer.body]).toMatchObject([status, { error }]);
    expect(answer.body).not.toHaveProperty('access_token');
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  it('for two resources at once give nothing: a token is for one (ATJ-06)', async () => {
    const body = new URLSearchParams([
      ['grant_type', 'client_credentials'],
      ['resource', api],
      ['resource', 'https://other.example'],
    ]);
    const response = await fetch(`${issuer}/token`, { method: 'POST', body, headers: SERVICE });
    expect([response.status, await response.json()]).toMatchObject([400, { error: 'invalid_target' }]);
  });

  it.each<[deviation: string, contentType: string, body: string]>([
    ['JSON', 'application/json', '{"grant_type":"client_credentials"}'],
    ['a type that is not a form', 'text/plain', 'grant_type=client_credentials'],
    ['a form of 1 MB', 'application/x-www-form-urlencoded', `grant_type=${'x'.repeat(1_048_576)}`],
  ])('sent as %s are refused as the fault of the client', async (_deviation, contentType, body) => {
    const headers = { ...SERVICE, 'content-type': contentType };
    const response = await fetch(`${issuer}/token`, { method: 'POST', body, headers });
    expect(response.status).toBeGreaterThanOrEqual(400);
    expect(response.status).toBeLessThan(500);
    expect(await response.text()).not.toMatch(/node_modules|\bat .+:\d+:\d+/);
  });
});

describe('an opaque access token', () => {
  it('says nothing, and the API learns by introspection whose it is (RFC 7662)', async () => {
    const { body } = await clientCredentials(
      { scope: 'orders:read' },
      basic('demo-opaque', 'demo-opaque-secret'),
    );
    const { access_token: token } = tokenAnswer.parse(body);
    expect(token).not.toContain('.');
    expect(await introspect(token, GATEWAY)).toMatchObject({
      active: true,
      sub: 'demo-opaque',
      client_id: 'demo-opaque',
      scope: 'orders:read',
      aud: api,
      iss: issuer,
    });
    expect(await introspect(token, SERVICE)).toEqual({ active: false });
  });

  it('that nobody issued is inactive, which is all that is said of it (RFC 7662 §2.2)', async () => {
    expect(await introspect('x'.repeat(43), GATEWAY)).toEqual({ active: false });
  });
});
