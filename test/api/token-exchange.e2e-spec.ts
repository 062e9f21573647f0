import { beforeAll, describe, expect, it } from '@jest/globals';
import { TokenForge } from '@countersign/auth/testing';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { z } from 'zod';
import { ApiClient } from '../support/api-client.ts';
import { requestAs, tokenFor } from '../support/client-credentials.ts';
import { DemoWebClient } from '../support/demo-web-client.ts';
import { api, issuer } from '../support/running-stack.ts';
import { tokenRequest, tokens, type TokenAnswer, type Tokens } from '../support/token-endpoint.ts';

const GRANT = 'urn:ietf:params:oauth:grant-type:token-exchange';
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';
const CUSTOMER = 'customer@example.com';

type Parameters = Readonly<Record<string, string | undefined>>;

const exchanged = z.object({
  access_token: z.string(),
  issued_token_type: z.string(),
  token_type: z.string(),
  expires_in: z.number(),
  scope: z.string(),
});

const web = new DemoWebClient(issuer);

function exchange(
  subjectToken: string,
  changes: Parameters = {},
  clientId = 'demo-exchange',
): Promise<TokenAnswer> {
  return requestAs(issuer, clientId, {
    grant_type: GRANT,
    subject_token: subjectToken,
    subject_token_type: ACCESS_TOKEN,
    ...changes,
  });
}

async function exchangedToken(subjectToken: string, changes: Parameters = {}): Promise<string> {
  return exchanged.parse((await exchange(subjectToken, changes)).body).access_token;
}

describe('token exchange (RFC 8693)', () => {
  let login: Tokens;

  beforeAll(async () => {
    login = await web.logIn(CUSTOMER);
  });

  it('gives a service a token of its own for the person, who stays the subject, and names the service in act', async () => {
    const { status, body, headers } = await exchange(login.access_token, { scope: 'orders:read' });
    expect([status, headers.get('cache-control')]).toEqual([200, 'no-store']);
    expect(body).toEqual({
      access_token: expect.any(String),
      issued_token_type: ACCESS_TOKEN,
      token_type: 'Bearer',
      expires_in: expect.any(Number),
      scope: 'orders:read',
    });
    const { access_token: token } = exchanged.parse(body);
    const subject = decodeJwt(login.access_token);
    expect(decodeProtectedHeader(token)).toMatchObject({ typ: 'at+jwt', alg: 'RS256' });
    expect(decodeJwt(token)).toEqual({
      iss: issuer,
      aud: api,
      sub: subject.sub,
      client_id: 'demo-exchange',
      act: { sub: 'demo-exchange' },
      subject_clients: ['demo-web'],
      scope: 'orders:read',
      roles: ['customer'],
      auth_time: subject['auth_time'],
      grant_id: subject['grant_id'],
      ...('sid' in subject && { sid: subject['sid'] }),
      jti: expect.any(String),
      iat: expect.any(Number),
      exp: expect.any(Number),
    });
    expect(decodeJwt(token).jti).not.toBe(subject.jti);
  });

  it('gives a token that the API takes for the person, with the scopes that are left', async () => {
    const client = new ApiClient(api, await exchangedToken(login.access_token, { scope: 'orders:read' }));
    const { body } = await client.get('/me');
    expect(body).toMatchObject({
      subject: decodeJwt(login.access_token).sub,
      clientId: 'demo-exchange',
      scopes: ['orders:read'],
      roles: ['customer'],
      actors: ['demo-exchange'],
    });
    expect((await client.get('/orders')).status).toBe(200);
    expect((await client.get('/payments')).status).toBe(403);
  });

  it('without a scope gives what the subject token and the client have in common', async () => {
    const token = decodeJwt(await exchangedToken(login.access_token));
    expect(token['scope']).toBe('orders:read payments:read');
  });

  it('never outlives the subject token', async () => {
    const { exp } = decodeJwt(login.access_token);
    for (const resource of [api, `${api}/demo/es256`]) {
      const token = decodeJwt(await exchangedToken(login.access_token, { resource }));
      expect(token.exp).toBeLessThanOrEqual(exp ?? 0);
    }
  });

  it('gives a token for another resource server when the client is registered for it', async () => {
    const token = await exchangedToken(login.access_token, {
      resource: `${api}/demo/es256`,
      scope: 'orders:read',
    });
    expect(decodeProtectedHeader(token).alg).toBe('ES256');
    expect(decodeJwt(token).aud).toBe(`${api}/demo/es256`);
    expect((await new ApiClient(api, token).get('/me')).status).toBe(401);
  });

  it('takes the token of a client, and a handle', async () => {
    for (const clientId of ['demo-service', 'demo-opaque']) {
      const token = decodeJwt(await exchangedToken(await tokenFor(issuer, clientId, {})));
      expect(token).toMatchObject({
        sub: clientId,
        client_id: 'demo-exchange',
        act: { sub: 'demo-exchange' },
      });
    }
  });

  it.each<[deviation: string, changes: Parameters, error: string]>([
    ['no subject token', { subject_token: undefined }, 'invalid_request'],
    ['an empty subject token', { subject_token: '' }, 'invalid_request'],
    ['no subject token type', { subject_token_type: undefined }, 'invalid_request'],
    [
      'the type of an ID token',
      { subject_token_type: 'urn:ietf:params:oauth:token-type:id_token' },
      'invalid_request',
    ],
    [
      'the type of a refresh token',
      { subject_token_type: 'urn:ietf:params:oauth:token-type:refresh_token' },
      'invalid_request',
    ],
    ['a type of its own', { subject_token_type: 'access_token' }, 'invalid_request'],
    [
      'a wish for a refresh token',
      { requested_token_type: 'urn:ietf:params:oauth:token-type:refresh_token' },
      'invalid_request',
    ],
    [
      'a wish for an ID token',
      { requested_token_type: 'urn:ietf:params:oauth:token-type:id_token' },
      'invalid_request',
    ],
    ['an actor token', { actor_token: 'x', actor_token_type: ACCESS_TOKEN }, 'invalid_request'],
    ['the type of an actor token alone', { actor_token_type: ACCESS_TOKEN }, 'invalid_request'],
    ['a scope that the subject token has not', { scope: 'orders:read keys:admin' }, 'invalid_scope'],
    ['a scope that the client has not', { scope: 'orders:write' }, 'invalid_scope'],
    ['the scope openid', { scope: 'openid' }, 'invalid_scope'],
    ['a scope that is none', { scope: 'orders:read"' }, 'invalid_scope'],
    ['an unknown resource', { resource: 'https://other.example' }, 'invalid_target'],
    [
      'a resource server that the client may not ask for',
      { resource: `${api}/demo/hs256` },
      'invalid_target',
    ],
    ['a resource server with opaque tokens', { resource: `${api}/demo/opaque` }, 'invalid_target'],
    ['the admin API', { resource: `${issuer}/admin` }, 'invalid_target'],
    ['an audience by a name', { audience: 'orders' }, 'invalid_target'],
  ])('with %s gives nothing', async (_deviation, changes, error) => {
    const { status, body } = await exchange(login.access_token, changes);
    expect([status, body]).toMatchObject([400, { error }]);
    expect(body).not.toHaveProperty('access_token');
  });

  it('for two resources at once gives nothing (ATJ-06)', async () => {
    const body = new URLSearchParams([
      ['grant_type', GRANT],
      ['client_id', 'demo-exchange'],
      ['subject_token', login.access_token],
      ['subject_token_type', ACCESS_TOKEN],
      ['resource', api],
      ['resource', `${api}/demo/es256`],
    ]);
    const authorization = `Basic ${Buffer.from('demo-exchange:demo-exchange-secret').toString('base64')}`;
    body.delete('client_id');
    const response = await fetch(`${issuer}/token`, { method: 'POST', body, headers: { authorization } });
    expect([response.status, await response.json()]).toMatchObject([400, { error: 'invalid_target' }]);
  });

  it('downscopes and does not widen again: a narrowed token has no more to give', async () => {
    const narrow = await web.logIn(CUSTOMER, { scope: 'orders:read' });
    const { body } = await exchange(narrow.access_token, { scope: 'payments:read' });
    expect(body).toMatchObject({ error: 'invalid_scope' });
    expect(decodeJwt(await exchangedToken(narrow.access_token))['scope']).toBe('orders:read');
  });

  it('leaves nothing of a token whose scopes the client has not', async () => {
    const writer = await web.logIn(CUSTOMER, { scope: 'orders:write' });
    expect((await exchange(writer.access_token)).body).toMatchObject({ error: 'invalid_scope' });
  });

  it.each<[who: string, clientId: string]>([
    ['a client without the grant', 'demo-service'],
    ['the gateway', 'gateway'],
  ])('is not for %s', async (_who, clientId) => {
    const { status, body } = await exchange(login.access_token, {}, clientId);
    expect([status, body]).toMatchObject([400, { error: 'unauthorized_client' }]);
  });

  it('is not for a public client, even with its own token', async () => {
    const { status, body } = await tokenRequest(issuer, {
      grant_type: GRANT,
      client_id: 'demo-web',
      subject_token: login.access_token,
      subject_token_type: ACCESS_TOKEN,
    });
    expect([status, body]).toMatchObject([400, { error: 'unauthorized_client' }]);
  });

  it('needs the secret of the client', async () => {
    const { status, body } = await tokenRequest(issuer, {
      grant_type: GRANT,
      client_id: 'demo-exchange',
      subject_token: login.access_token,
      subject_token_type: ACCESS_TOKEN,
    });
    expect([status, body]).toMatchObject([401, { error: 'invalid_client' }]);
  });
});

describe('as subject token of an exchange', () => {
  const refused = {
    status: 400,
    body: { error: 'invalid_request', error_description: 'the subject token is not acceptable' },
  };
  const forge = new TokenForge({ issuer, audience: api, now: Date.now });
  let login: Tokens;

  beforeAll(async () => {
    login = await web.logIn(CUSTOMER);
  });

  /** The accepted token with one part of it turned. */
  function turned(turn: (parts: { header: object; payload: object; signature: string }) => object): string {
    const [header = '', payload = '', signature = ''] = login.access_token.split('.');
    const parts = { header: decode(header), payload: decode(payload), signature };
    const changed = { ...parts, ...turn(parts) };
    return `${encode(changed.header)}.${encode(changed.payload)}.${changed.signature}`;
  }

  it.each<[kind: string, token: () => string | Promise<string>]>([
    ['an ID token', () => login.id_token ?? ''],
    ['a refresh token', () => login.refresh_token],
    ['an authorization code', () => web.obtainCode(CUSTOMER)],
    ['rubbish', () => 'rubbish'],
    ['a JWS of four parts', () => `${login.access_token}.x`],
    ['a token for userinfo', async () => (await web.logIn(CUSTOMER, { scope: 'openid' })).access_token],
    ['a token of a client that the service is not registered for', () => tokenFor(issuer, 'demo-es256', {})],
    ['an HS256 token', () => tokenFor(issuer, 'demo-service', { resource: `${api}/demo/hs256` })],
    ['a token that came of an exchange', () => exchangedToken(login.access_token)],
    ['a token of an issuer with other keys', () => forge.accessToken({ claims: { client_id: 'demo-web' } })],
    [
      'a token with another subject',
      () => turned(({ payload }) => ({ payload: { ...payload, sub: 'admin' } })),
    ],
    [
      'a token with more scopes',
      () => turned(({ payload }) => ({ payload: { ...payload, scope: 'keys:admin' } })),
    ],
    ['a token without signature', () => turned(() => ({ signature: '' }))],
    [
      'a token with alg none',
      () => turned(() => ({ header: { alg: 'none', typ: 'at+jwt' }, signature: '' })),
    ],
    ['a token of another type', () => turned(({ header }) => ({ header: { ...header, typ: 'JWT' } }))],
  ])('is refused: %s', async (_kind, token) => {
    expect(await exchange(await token())).toMatchObject(refused);
  });

  it('is refused from the revocation of its grant on, although it has not expired', async () => {
    const { access_token: token, refresh_token: refreshToken } = await web.logIn(CUSTOMER);
    expect((await exchange(token)).status).toBe(200);
    const body = new URLSearchParams({ client_id: 'demo-web', token: refreshToken });
    await fetch(`${issuer}/revoke`, { method: 'POST', body });
    expect(await exchange(token)).toMatchObject(refused);
  });

  it('is refused from the reuse of its refresh token on, which ends the family', async () => {
    const { access_token: token, refresh_token: refreshToken } = await web.logIn(CUSTOMER);
    const successor = tokens.parse((await web.refresh(refreshToken)).body);
    await web.refresh(successor.refresh_token);
    await web.refresh(refreshToken);
    expect(await exchange(token)).toMatchObject(refused);
  });

  it('is refused when it is a handle that was revoked', async () => {
    const token = await tokenFor(issuer, 'demo-opaque', {});
    expect((await exchange(token)).status).toBe(200);
    const headers = {
      authorization: `Basic ${Buffer.from('demo-opaque:demo-opaque-secret').toString('base64')}`,
    };
    await fetch(`${issuer}/revoke`, { method: 'POST', body: new URLSearchParams({ token }), headers });
    expect(await exchange(token)).toMatchObject(refused);
  });
});

function decode(part: string): object {
  return JSON.parse(Buffer.from(part, 'base64url').toString()) as object;
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}
