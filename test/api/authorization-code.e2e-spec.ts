import { beforeAll, describe, expect, it } from '@jest/globals';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import * as client from 'openid-client';
import { DemoWebClient } from '../support/demo-web-client.ts';
import { api, issuer } from '../support/running-stack.ts';
import { tokens, type Tokens } from '../support/token-endpoint.ts';

const CUSTOMER = 'customer@example.com';
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const web = new DemoWebClient(issuer);

describe('openid-client, as any application would use it', () => {
  let configuration: client.Configuration;
  let answer: client.TokenEndpointResponse & client.TokenEndpointResponseHelpers;

  beforeAll(async () => {
    configuration = await client.discovery(new URL(issuer), 'demo-web', undefined, client.None(), {
      execute: [client.allowInsecureRequests],
    });
    const pkceCodeVerifier = client.randomPKCECodeVerifier();
    const [expectedState, expectedNonce] = [client.randomState(), client.randomNonce()];
    const { url } = await web.authorize(CUSTOMER, {
      state: expectedState,
      nonce: expectedNonce,
      code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
    });
    const checks = { pkceCodeVerifier, expectedState, expectedNonce };
    answer = await client.authorizationCodeGrant(configuration, url, checks);
  });

  it('logs a person in by the forms of the issuer, and learns who it is', async () => {
    expect(answer).toMatchObject({ token_type: 'bearer', expires_in: 300 });
    expect(answer.claims()).toMatchObject({
      iss: issuer,
      aud: 'demo-web',
      sub: expect.stringMatching(UUID),
      email: CUSTOMER,
      name: 'Carla Customer',
    });
  });

  it('refreshes, with another refresh token each time (BCP-09)', async () => {
    const refreshed = await client.refreshTokenGrant(configuration, answer.refresh_token ?? '');
    expect(refreshed.access_token).not.toBe(answer.access_token);
    expect([undefined, answer.refresh_token]).not.toContain(refreshed.refresh_token);
  });
});

describe('the access token of a person', () => {
  let login: Tokens;
  beforeAll(async () => {
    login = await web.logIn(CUSTOMER);
  });

  it('is a signed RFC 9068 token for the API, good for five minutes (ATJ-01, ATJ-02, ATJ-03)', async () => {
    const keys = createRemoteJWKSet(new URL(`${issuer}/.well-known/jwks.json`));
    const { protectedHeader, payload } = await jwtVerify(login.access_token, keys, { issuer, audience: api });
    expect(protectedHeader).toEqual({ alg: 'RS256', typ: 'at+jwt', kid: expect.any(String) });
    expect(payload).toEqual({
      iss: issuer,
      aud: api,
      sub: expect.stringMatching(UUID),
      client_id: 'demo-web',
      jti: expect.any(String),
      iat: expect.any(Number),
      exp: (payload.iat ?? 0) + 300,
      auth_time: expect.any(Number),
      roles: ['customer'],
      scope: 'orders:read orders:write payments:read payments:write',
      sid: expect.any(String),
      grant_id: expect.any(String),
    });
  });

  it('comes in an answer that no cache may keep (BEA-09)', async () => {
    const { status, headers } = await web.exchange(await web.obtainCode(CUSTOMER));
    expect([status, headers.get('cache-control')]).toEqual([200, 'no-store']);
  });
});

describe('an authorization code', () => {
  it.each<[deviation: string, changes: Record<string, string | undefined>, error: string]>([
    ['without a verifier (BCP-03)', { code_verifier: undefined }, 'invalid_grant'],
    ['with another verifier (BCP-03)', { code_verifier: 'x'.repeat(43) }, 'invalid_grant'],
    ['with another redirect URI', { redirect_uri: 'http://127.0.0.1:53683/callback' }, 'invalid_grant'],
    ['without the redirect URI', { redirect_uri: undefined }, 'invalid_request'],
    [
      'by a client that may not exchange codes',
      { client_id: 'demo-service', client_secret: 'demo-service-secret' },
      'unauthorized_client',
    ],
    ['for an unknown resource (ATJ-06)', { resource: 'https://other.example' }, 'invalid_target'],
  ])('is not exchanged %s', async (_deviation, changes, error) => {
    const code = await web.obtainCode(CUSTOMER);
    const { status, body } = await web.exchange(code, changes);
    expect([400, 401]).toContain(status);
    expect(body).toMatchObject({ error });
  });

  it('is good for one use, and a second one ends what the first one gave (BCP-21)', async () => {
    const code = await web.obtainCode(CUSTOMER);
    const first = await web.exchange(code);
    expect(first.status).toBe(200);
    expect(await web.exchange(code)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    const { refresh_token: refreshToken } = tokens.parse(first.body);
    expect(await web.refresh(refreshToken)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
  });

  it('that is used 20 times at once gives tokens to one of them (BCP-21)', async () => {
    const code = await web.obtainCode(CUSTOMER);
    const answers = await Promise.all(Array.from({ length: 20 }, () => web.exchange(code)));
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    expect(statuses.filter((status) => status === 400)).toHaveLength(19);
  });

  it('carries only the scopes that the person was asked for', async () => {
    const { scope } = await web.logIn(CUSTOMER, { scope: 'openid orders:read' });
    expect(scope).toBe('orders:read');
  });
});
