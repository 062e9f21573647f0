import { beforeAll, describe, expect, it } from '@jest/globals';
import { DemoWebClient } from '../support/demo-web-client.ts';
import { api, issuer } from '../support/running-stack.ts';
import { basic, tokenRequest, type Tokens } from '../support/token-endpoint.ts';

const GATEWAY = basic('gateway', 'gateway-secret');

/** Every kind of token that one login gives, and what each must not pass for (RFC 8725 §3.12). */
describe('a token of one kind', () => {
  const web = new DemoWebClient(issuer);
  let login: Tokens;
  let code: string;

  beforeAll(async () => {
    login = await web.logIn('customer@example.com');
    code = await web.obtainCode('customer@example.com');
  });

  const kinds = {
    'access token': () => login.access_token,
    'ID token': () => login.id_token ?? '',
    'refresh token': () => login.refresh_token,
    'authorization code': () => code,
  };

  type Kind = keyof typeof kinds;

  it.each<Kind>(['ID token', 'refresh token', 'authorization code'])(
    'does not open the API: %s (JWT-15)',
    async (kind) => {
      const { status, headers } = await fetch(`${api}/me`, {
        headers: { authorization: `Bearer ${kinds[kind]()}` },
      });
      expect([status, headers.get('www-authenticate')]).toEqual([
        401,
        expect.stringContaining('error="invalid_token"'),
      ]);
    },
  );

  it.each<Kind>(['access token', 'ID token', 'authorization code'])(
    'is not refreshed: %s (JWT-15)',
    async (kind) => {
      expect(await web.refresh(kinds[kind]())).toMatchObject({
        status: 400,
        body: { error: 'invalid_grant' },
      });
    },
  );

  it.each<Kind>(['access token', 'ID token', 'refresh token'])(
    'is not redeemed as a code: %s (JWT-15)',
    async (kind) => {
      const { status, body } = await web.exchange(kinds[kind]());
      expect([status, body]).toMatchObject([400, { error: 'invalid_grant' }]);
    },
  );

  it.each<Kind>(['access token', 'ID token', 'refresh token', 'authorization code'])(
    'is no client secret: %s (JWT-15)',
    async (kind) => {
      const credentials = basic('demo-service', kinds[kind]());
      const { status, body } = await tokenRequest(issuer, { grant_type: 'client_credentials' }, credentials);
      expect([status, body]).toMatchObject([401, { error: 'invalid_client' }]);
    },
  );

  it.each<[kind: Kind, answer: object]>([
    ['ID token', { error: 'unsupported_token_type' }],
    ['access token', { error: 'unsupported_token_type' }],
    ['authorization code', { active: false }],
  ])(
    'is not active at introspection, which is for opaque ones: %s (JWT-15, INT-04)',
    async (kind, answer) => {
      const body = new URLSearchParams({ token: kinds[kind]() });
      const response = await fetch(`${issuer}/introspect`, { method: 'POST', body, headers: GATEWAY });
      const introspection: unknown = await response.json();
      expect(introspection).toMatchObject(answer);
      expect(introspection).not.toMatchObject({ active: true });
    },
  );

  it.each<Kind>(['ID token', 'refresh token', 'authorization code'])(
    'says nothing at userinfo: %s (JWT-15)',
    async (kind) => {
      const headers = { authorization: `Bearer ${kinds[kind]()}` };
      expect((await fetch(`${issuer}/userinfo`, { headers })).status).toBe(401);
    },
  );
});
