import { describe, expect, it } from '@jest/globals';
import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, errors, jwtVerify } from 'jose';
import { ApiClient } from '../support/api-client.ts';
import { requestAs, tokenFor } from '../support/client-credentials.ts';
import { DemoWebClient, SCOPE } from '../support/demo-web-client.ts';
import { api, issuer } from '../support/running-stack.ts';
import { basic, tokenRequest, tokens } from '../support/token-endpoint.ts';

const CUSTOMER = 'customer@example.com';
const ASYMMETRIC = ['RS256', 'PS256', 'ES256', 'EdDSA'] as const;
const keys = createRemoteJWKSet(new URL(`${issuer}/.well-known/jwks.json`));
const resource = (kind: string): string => `${api}/demo/${kind.toLowerCase()}`;

const web = new DemoWebClient(issuer);

describe('one request gives a token of any kind, by its resource alone', () => {
  it.each(ASYMMETRIC)('%s, which the JWKS verifies', async (algorithm) => {
    const token = await tokenFor(issuer, 'demo-service', { resource: resource(algorithm) });
    const { protectedHeader, payload } = await jwtVerify(token, keys, {
      issuer,
      audience: resource(algorithm),
      algorithms: [algorithm],
      typ: 'at+jwt',
    });
    expect(protectedHeader).toEqual({ alg: algorithm, typ: 'at+jwt', kid: expect.any(String) });
    expect(payload).toMatchObject({ sub: 'demo-service', scope: 'orders:read' });
  });

  it('HS256, which the JWKS does not verify', async () => {
    const token = await tokenFor(issuer, 'demo-service', { resource: resource('hs256') });
    expect(decodeProtectedHeader(token)).toEqual({ alg: 'HS256', typ: 'at+jwt' });
    expect(decodeJwt(token).aud).toBe(resource('hs256'));
    await expect(jwtVerify(token, keys)).rejects.toBeInstanceOf(errors.JOSEError);
  });

  it('opaque, which says nothing', async () => {
    const token = await tokenFor(issuer, 'demo-service', { resource: resource('opaque') });
    expect(token).toMatch(/^[\w-]{43}$/);
  });

  it.each([...ASYMMETRIC, 'HS256', 'opaque'])(
    'and the API takes it for none of its own: %s (BCP-12, BCP-23)',
    async (kind) => {
      const token = await tokenFor(issuer, 'demo-service', { resource: resource(kind) });
      const { status, headers } = await new ApiClient(api, token).get('/me');
      expect([status, headers.get('www-authenticate')]).toEqual([
        401,
        expect.stringContaining('error="invalid_token"'),
      ]);
    },
  );
});

describe('the API', () => {
  it.each(['PS256', 'ES256', 'EdDSA'])(
    'takes %s tokens of a client that is registered for them',
    async (algorithm) => {
      const clientId = `demo-${algorithm.toLowerCase()}`;
      const token = await tokenFor(issuer, clientId, {});
      expect(decodeProtectedHeader(token).alg).toBe(algorithm);
      const { status, body } = await new ApiClient(api, token).get('/me');
      expect([status, body]).toMatchObject([200, { subject: clientId, scopes: ['orders:read'] }]);
    },
  );

  it('takes opaque tokens of a client that is registered for them, and calls services with them', async () => {
    const token = await tokenFor(issuer, 'demo-opaque', {});
    expect(token).toMatch(/^[\w-]{43}$/);
    const client = new ApiClient(api, token);
    expect(await client.get('/me')).toMatchObject({
      status: 200,
      body: { issuer, subject: 'demo-opaque', clientId: 'demo-opaque', scopes: ['orders:read'], roles: [] },
    });
    expect(await client.get('/orders')).toMatchObject({ status: 200, body: { data: [] } });
  });

  it('holds the scopes of an opaque token against the route as those of a JWT (BEA-03)', async () => {
    const { status, headers } = await new ApiClient(api, await tokenFor(issuer, 'demo-opaque', {})).get(
      '/payments',
    );
    expect([status, headers.get('www-authenticate')]).toEqual([
      403,
      expect.stringMatching(/error="insufficient_scope".*scope="payments:read"/),
    ]);
  });

  it.each<[what: string, make: () => string | Promise<string>]>([
    ['a handle that was never issued', () => 'x'.repeat(43)],
    ['a handle with a letter more', async () => `${await tokenFor(issuer, 'demo-opaque', {})}x`],
    ['an authorization code', () => web.obtainCode(CUSTOMER)],
    ['a refresh token', async () => (await web.logIn(CUSTOMER)).refresh_token],
    ['what broken clients send', () => 'undefined'],
  ])('refuses %s as it does any token (INT-02)', async (_what, make) => {
    const { status, headers } = await new ApiClient(api, await make()).get('/me');
    expect([status, headers.get('www-authenticate')]).toEqual([
      401,
      expect.stringContaining('error="invalid_token"'),
    ]);
  });
});

describe('a resource indicator (RFC 8707)', () => {
  it('that is left out means the API (ATJ-06)', async () => {
    expect(decodeJwt(await tokenFor(issuer, 'demo-service', {})).aud).toBe(api);
    expect(decodeJwt(await tokenFor(issuer, 'demo-service', { resource: '' })).aud).toBe(api);
  });

  it('is the API when it is the URL of a resource there, as its metadata have it (RFC 8707 §2.2)', async () => {
    const indicator = `${api}/orders`;
    const login = await web.logIn(CUSTOMER, { scope: SCOPE, resource: indicator });
    const { status, body } = await web.refresh(login.refresh_token, { resource: indicator });
    expect(status).toBe(200);
    for (const { access_token: token } of [login, tokens.parse(body)]) {
      expect(decodeJwt(token)).toMatchObject({ aud: api, scope: expect.stringContaining('orders:read') });
    }
  });

  it.each([
    ['unknown', 'https://other.example'],
    ['spelled with a slash at its end', `${api}/`],
    ['below a known one', `${api}/demo`],
    ['spelled like a resource of the API and longer', `${api}/ordersx`],
    ['relative', '/demo/es256'],
    ['with a fragment', `${api}#x`],
  ])('gives no token when it is %s (ATJ-06)', async (_deviation, indicator) => {
    const request = { grant_type: 'client_credentials', scope: 'orders:read', resource: indicator };
    const { status, body } = await requestAs(issuer, 'demo-service', request);
    expect([status, body]).toMatchObject([400, { error: 'invalid_target' }]);
  });

  it('gives no token when there are two of our own (ATJ-06)', async () => {
    const body = new URLSearchParams([
      ['grant_type', 'client_credentials'],
      ['resource', api],
      ['resource', resource('es256')],
    ]);
    const headers = basic('demo-service', 'demo-service-secret');
    const response = await fetch(`${issuer}/token`, { method: 'POST', body, headers });
    expect([response.status, await response.json()]).toMatchObject([400, { error: 'invalid_target' }]);
  });

  it('leaves the scopes that mean something there: never openid (ATJ-04)', async () => {
    const login = await web.logIn(CUSTOMER, {
      scope: 'openid profile orders:read',
      resource: resource('es256'),
    });
    const { aud, scope } = decodeJwt(login.access_token);
    expect([aud, scope]).toEqual([resource('es256'), 'orders:read']);
  });

  it('of an admin API leaves nothing of the scopes of another (ATJ-04)', async () => {
    const token = await tokenFor(issuer, 'demo-service', { resource: `${issuer}/admin` });
    expect(decodeJwt(token)).toMatchObject({ aud: `${issuer}/admin` });
    expect(decodeJwt(token)).not.toHaveProperty('scope');
  });

  it('of a login stays that of its refreshes, and cannot be moved (BCP-10)', async () => {
    let login = await web.logIn(CUSTOMER, { scope: SCOPE, resource: resource('es256') });
    for (const other of [api, resource('hs256'), 'https://other.example']) {
      const { status, body } = await web.refresh(login.refresh_token, { resource: other });
      expect([status, body]).toMatchObject([400, { error: 'invalid_target' }]);
    }
    for (const same of [undefined, resource('es256')]) {
      login = tokens.parse((await web.refresh(login.refresh_token, { resource: same })).body);
      expect(decodeJwt(login.access_token).aud).toBe(resource('es256'));
    }
    login = tokens.parse((await web.refresh(login.refresh_token, { scope: 'orders:read' })).body);
    expect(decodeJwt(login.access_token)['scope']).toBe('orders:read');
  });

  it('of a code is that of the authorization request (ATJ-06)', async () => {
    const code = await web.obtainCode(CUSTOMER, { resource: resource('es256') });
    const { status, body } = await web.exchange(code, { resource: api });
    expect([status, body]).toMatchObject([400, { error: 'invalid_target' }]);
  });
});

describe('a scope that the client is not registered for is refused, known or not (OWASP ASVS 10.4.11)', () => {
  it.each(['keys:admin', 'never:heard:of', 'orders:read never:heard:of'])(
    'at the authorization endpoint: %s',
    async (scope) => {
      const { url } = await web.authorize(CUSTOMER, { scope }).catch(() => ({ url: new URL('about:blank') }));
      const response = await fetch(web.authorizationUrl({ scope }), { redirect: 'manual' });
      expect(url.searchParams.get('code')).toBeNull();
      const target = new URL(response.headers.get('location') ?? '', issuer);
      expect(Object.fromEntries(target.searchParams)).toMatchObject({ error: 'invalid_scope', iss: issuer });
    },
  );

  it.each(['orders:write', 'never:heard:of', 'orders:read never:heard:of'])(
    'at the token endpoint: %s',
    async (scope) => {
      const request = { grant_type: 'client_credentials', scope };
      for (const resourceOf of [undefined, api, resource('es256')]) {
        const { status, body } = await requestAs(issuer, 'demo-service', {
          ...request,
          resource: resourceOf,
        });
        expect([status, body]).toMatchObject([400, { error: 'invalid_scope' }]);
      }
    },
  );

  it('at the pushed authorization request endpoint', async () => {
    const body = web.authorizationUrl({ scope: 'orders:read never:heard:of' }).searchParams;
    const response = await fetch(`${issuer}/par`, { method: 'POST', body });
    expect([response.status, await response.json()]).toMatchObject([400, { error: 'invalid_scope' }]);
  });

  it('at the device authorization endpoint', async () => {
    const body = new URLSearchParams({ client_id: 'demo-web', scope: 'orders:read never:heard:of' });
    const response = await fetch(`${issuer}/device_authorization`, { method: 'POST', body });
    expect([response.status, await response.json()]).toMatchObject([400, { error: 'invalid_scope' }]);
  });
});

describe('a grant type that a client is not registered for is that of an unauthorized client (RFC 6749 §5.2)', () => {
  it.each([
    ['client_credentials', {}],
    ['urn:ietf:params:oauth:grant-type:token-exchange', { subject_token: 'x', subject_token_type: 'y' }],
  ])('%s of a public client', async (grant, parameters) => {
    const { status, body } = await tokenRequest(issuer, {
      client_id: 'demo-web',
      grant_type: grant,
      ...parameters,
    });
    expect([status, body]).toMatchObject([400, { error: 'unauthorized_client' }]);
  });

  it.each([
    ['authorization_code', { code: 'x', redirect_uri: 'https://x.example', code_verifier: 'x'.repeat(43) }],
    ['refresh_token', { refresh_token: 'x' }],
    ['urn:ietf:params:oauth:grant-type:device_code', { device_code: 'x' }],
  ])('%s of a service', async (grant, parameters) => {
    const { status, body } = await requestAs(issuer, 'demo-service', { grant_type: grant, ...parameters });
    expect([status, body]).toMatchObject([400, { error: 'unauthorized_client' }]);
  });
});
