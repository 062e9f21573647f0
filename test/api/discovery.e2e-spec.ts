import { describe, expect, it } from '@jest/globals';
import { calculateJwkThumbprint, type JWK } from 'jose';
import { z } from 'zod';
import { DemoWebClient } from '../support/demo-web-client.ts';
import { headerOf, rawRequest } from '../support/raw-http.ts';
import { api, issuer } from '../support/running-stack.ts';
import { tokenRequest } from '../support/token-endpoint.ts';

const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

const metadata = z.looseObject({
  issuer: z.string(),
  jwks_uri: z.string(),
  response_types_supported: z.array(z.string()),
  grant_types_supported: z.array(z.string()),
  code_challenge_methods_supported: z.array(z.string()),
  subject_types_supported: z.array(z.string()),
  id_token_signing_alg_values_supported: z.array(z.string()),
});
const jwks = z.object({ keys: z.array(z.looseObject({ kid: z.string(), kty: z.string() })).min(1) });

async function fetchJson(url: string): Promise<unknown> {
  return (await fetch(url)).json();
}

const openid = metadata.parse(await fetchJson(`${issuer}/.well-known/openid-configuration`));
const issuerKeys = jwks.parse(await fetchJson(openid.jwks_uri)).keys;

describe('the discovery documents', () => {
  it('name the issuer to the letter of the address that was asked (DIS-01)', () => {
    expect(openid.issuer).toBe(issuer);
  });

  it('say the same, whether asked for as OpenID Connect or as OAuth has it (DIS-02)', async () => {
    expect(await fetchJson(`${issuer}/.well-known/oauth-authorization-server`)).toEqual(openid);
  });

  it('offer the code flow with S256 and the grants that there are, and no more (BCP-05, BCP-06, BCP-07)', () => {
    expect(openid).toMatchObject({
      response_types_supported: ['code'],
      code_challenge_methods_supported: ['S256'],
      subject_types_supported: ['public'],
      authorization_response_iss_parameter_supported: true,
    });
    expect(openid.grant_types_supported.toSorted()).toEqual([
      'authorization_code',
      'client_credentials',
      'refresh_token',
      'urn:ietf:params:oauth:grant-type:device_code',
      'urn:ietf:params:oauth:grant-type:token-exchange',
    ]);
  });

  it('name asymmetric algorithms only, RS256 among them (DIS-04, DIS-05)', () => {
    const algorithms = Object.entries(openid)
      .filter(([name]) => name.endsWith('_alg_values_supported'))
      .flatMap(([, values]) => z.array(z.string()).parse(values));
    expect(algorithms.filter((name) => !/^(?:[RPE]S(?:256|384|512)|EdDSA|Ed25519)$/.test(name))).toEqual([]);
    expect(openid.id_token_signing_alg_values_supported).toContain('RS256');
  });

  it.each(Object.entries(openid).filter(([name]) => /_(?:endpoint|uri)$/.test(name)))(
    'name a %s that is below the issuer and answers (DIS-03)',
    async (_name, url) => {
      const address = z.string().parse(url);
      expect(new URL(address).origin).toBe(issuer);
      const statuses = [await fetch(address), await fetch(address, { method: 'POST' })].map(
        ({ status }) => status,
      );
      expect(statuses).not.toEqual([404, 404]);
      expect(Math.max(...statuses)).toBeLessThan(500);
    },
  );

  it.each([
    '/registration',
    '/reg',
    '/request',
    '/backchannel',
    '/challenge',
    '/connect/register',
    '/session/end',
  ])('are all there is: %s, which they do not name, is not there (DIS-03)', async (path) => {
    expect((await fetch(`${issuer}${path}`, { method: 'POST' })).status).toBe(404);
  });

  const asClient = {
    'demo-web': { client_id: 'demo-web' },
    'demo-service': { client_id: 'demo-service', client_secret: 'demo-service-secret' },
    'demo-exchange': { client_id: 'demo-exchange', client_secret: 'demo-exchange-secret' },
  };

  it.each<
    [grantType: string, client: keyof typeof asClient, parameters: Record<string, string>, error: string]
  >([
    [
      'authorization_code',
      'demo-web',
      { code: 'x', redirect_uri: `${api}/console/callback` },
      'invalid_grant',
    ],
    ['refresh_token', 'demo-web', { refresh_token: 'x' }, 'invalid_grant'],
    ['client_credentials', 'demo-service', { scope: 'x' }, 'invalid_scope'],
    ['urn:ietf:params:oauth:grant-type:device_code', 'demo-web', { device_code: 'x' }, 'invalid_grant'],
    ['urn:ietf:params:oauth:grant-type:token-exchange', 'demo-exchange', {}, 'invalid_request'],
  ])('name %s, which is looked into (DIS-03)', async (grantType, client, parameters, error) => {
    expect(openid.grant_types_supported).toContain(grantType);
    const { body } = await tokenRequest(issuer, {
      grant_type: grantType,
      ...asClient[client],
      code_verifier: 'x'.repeat(43),
      ...parameters,
    });
    expect(body).toMatchObject({ error });
  });

  it.each([
    'password',
    'implicit',
    'urn:ietf:params:oauth:grant-type:jwt-bearer',
    'urn:ietf:params:oauth:grant-type:saml2-bearer',
    'urn:openid:params:grant-type:ciba',
    'urn:ietf:params:oauth:grant-type:pre-authorized_code',
  ])('do not name %s, which is not there (DIS-03, BCP-06, BCP-07)', async (grantType) => {
    expect(openid.grant_types_supported).not.toContain(grantType);
    const { status, body } = await tokenRequest(issuer, {
      grant_type: grantType,
      ...asClient['demo-service'],
      assertion: 'x',
      username: 'customer@example.com',
      password: 'countersign-demo',
    });
    expect([status, body]).toMatchObject([400, { error: 'unsupported_grant_type' }]);
  });

  it('name the algorithms of ID tokens that a published key signs, and no other (DIS-03)', () => {
    const published = new Set(issuerKeys.map(({ alg }) => alg));
    expect(new Set(openid.id_token_signing_alg_values_supported)).toEqual(published);
  });

  it('name scopes that a client can have, each once (DIS-03)', () => {
    const scopes = z.array(z.string()).parse(openid['scopes_supported']);
    expect(new Set(scopes).size).toBe(scopes.length);
    expect(scopes).toEqual(expect.arrayContaining(['openid', 'orders:read', 'keys:admin']));
  });

  it('say that authorization responses name the issuer, as they do (DIS-08, BCP-16)', async () => {
    expect(openid['authorization_response_iss_parameter_supported']).toBe(true);
    const url = new DemoWebClient(issuer).authorizationUrl({ prompt: 'none' });
    const response = await fetch(url, { redirect: 'manual' });
    const target = new URL(response.headers.get('location') ?? '');
    expect(target.searchParams.get('iss')).toBe(issuer);
  });

  const path = '/.well-known/openid-configuration';
  const { host } = new URL(issuer);
  it.each<[deviation: string, lines: readonly string[]]>([
    ['another Host', [`GET ${path} HTTP/1.1`, 'Host: evil.example']],
    ['X-Forwarded-Host', [`GET ${path} HTTP/1.1`, `Host: ${host}`, 'X-Forwarded-Host: evil.example']],
    ['X-Forwarded-Proto', [`GET ${path} HTTP/1.1`, `Host: ${host}`, 'X-Forwarded-Proto: https']],
    ['Forwarded', [`GET ${path} HTTP/1.1`, `Host: ${host}`, 'Forwarded: host=evil.example;proto=https']],
    ['a target in absolute form', [`GET http://evil.example${path} HTTP/1.1`, 'Host: evil.example']],
  ])('do not follow %s (DIS-06)', async (_deviation, lines) => {
    const { status, body } = await rawRequest(issuer, [...lines, 'Connection: close']);
    expect(status).toBe(200);
    expect(JSON.parse(body)).toEqual(openid);
  });
});

describe('the JWKS of the issuer', () => {
  it('has public keys for signatures and not one private member (JWK-01, JWK-05, JWK-09)', () => {
    for (const key of issuerKeys) {
      expect(key).toMatchObject({ use: 'sig', kty: expect.stringMatching(/^(?:RSA|EC|OKP)$/) });
      expect(PRIVATE_MEMBERS.filter((member) => member in key)).toEqual([]);
    }
  });

  it('names each key by its thumbprint, once (JWK-04, JWK-06)', async () => {
    const thumbprints = await Promise.all(issuerKeys.map((key) => calculateJwkThumbprint(key as JWK)));
    expect(issuerKeys.map(({ kid }) => kid)).toEqual(thumbprints);
    expect(new Set(thumbprints).size).toBe(thumbprints.length);
  });

  it('may be kept for a while, and is not sent again while it is the same (JWK-07)', async () => {
    const { pathname, host } = new URL(openid.jwks_uri);
    const request = [`GET ${pathname} HTTP/1.1`, `Host: ${host}`, 'Connection: close'];
    const answer = await rawRequest(issuer, request);
    expect(headerOf(answer, 'cache-control')).toMatch(/^public, max-age=[1-9]\d*$/);
    const again = await rawRequest(issuer, [...request, `If-None-Match: ${headerOf(answer, 'etag')}`]);
    expect([again.status, again.body]).toEqual([304, '']);
  });
});

describe("the gateway's JWKS", () => {
  it('has keys of its own for transaction tokens, and not one private member (JWK-01)', async () => {
    const { keys } = jwks.parse(await fetchJson(`${api}/.well-known/jwks.json`));
    const kids = new Set(issuerKeys.map(({ kid }) => kid));
    for (const key of keys) {
      expect(kids).not.toContain(key.kid);
      expect(PRIVATE_MEMBERS.filter((member) => member in key)).toEqual([]);
    }
  });
});

describe('cross-origin requests', () => {
  const origin = 'https://app.example';

  it.each(['/.well-known/openid-configuration', '/.well-known/jwks.json'])(
    'may read %s, which is public',
    async (path) => {
      const response = await fetch(`${issuer}${path}`, { headers: { origin } });
      expect(response.headers.get('access-control-allow-origin')).toMatch(/^(?:\*|https:\/\/app\.example)$/);
    },
  );

  it.each(['GET', 'OPTIONS'])('may not %s the authorization endpoint (BCP-15)', async (method) => {
    const headers = { origin, 'access-control-request-method': 'GET' };
    const response = await fetch(`${issuer}/authorize`, { method, headers, redirect: 'manual' });
    expect([...response.headers.keys()].filter((name) => name.startsWith('access-control-'))).toEqual([]);
  });

  it.each<[who: string, from: string, allowed: string | null]>([
    ["an origin of the client's redirect URIs", api, api],
    ['any other origin', origin, null],
  ])('may use the token endpoint from %s: %s is answered %s', async (_who, from, allowed) => {
    const body = new URLSearchParams({
      grant_type: 'refresh_token',
      client_id: 'demo-web',
      refresh_token: 'x',
    });
    const response = await fetch(`${issuer}/token`, { method: 'POST', body, headers: { origin: from } });
    expect(response.headers.get('access-control-allow-origin')).toBe(allowed);
  });
});
