import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { BACKEND_ID, DemoBackend } from '../support/demo-backend.ts';
import { DemoWebClient, PASSWORD, REDIRECT_URI } from '../support/demo-web-client.ts';
import { issuer } from '../support/running-stack.ts';
import { tokens } from '../support/token-endpoint.ts';
import { UserAgent, type Stop } from '../support/user-agent.ts';

const CUSTOMER = 'customer@example.com';
const pushed = z.object({ request_uri: z.string(), expires_in: z.number() });

let backend: DemoBackend;
let web: DemoWebClient;
beforeAll(async () => {
  backend = await DemoBackend.load(issuer);
  web = new DemoWebClient(issuer);
});

async function push(changes: Record<string, string> = {}): Promise<z.output<typeof pushed>> {
  const { body } = await backend.push(web.authorizationUrl({ client_id: BACKEND_ID, ...changes }));
  return pushed.parse(body);
}

function urlWith(request_uri: string, client_id = BACKEND_ID): URL {
  const url = new URL('/authorize', issuer);
  url.search = new URLSearchParams({ client_id, request_uri }).toString();
  return url;
}

async function logIn(agent: UserAgent, url: URL): Promise<Stop> {
  const loginPage = await agent.open(url);
  const consentPage = await agent.submit(loginPage, '/login', { email: CUSTOMER, password: PASSWORD });
  return agent.submit(consentPage, '/consent', { consent: 'allow' });
}

describe('a pushed authorization request', () => {
  it('is kept for a minute at most and leads through the login to tokens (CLI-04)', async () => {
    const { request_uri, expires_in } = await push();
    expect(expires_in).toBeLessThanOrEqual(60);
    const { url } = await logIn(new UserAgent(issuer), urlWith(request_uri));
    const code = url.searchParams.get('code') ?? '';
    const { status, body } = await web.exchange(code, await backend.authentication());
    expect([status, tokens.parse(body).token_type]).toEqual([200, 'Bearer']);
  });

  it('is good for one login (CLI-04)', async () => {
    const { request_uri } = await push();
    const agent = new UserAgent(issuer);
    await logIn(agent, urlWith(request_uri));
    const again = await agent.open(urlWith(request_uri));
    expect(again.text).toContain('invalid_request_uri');
  });

  it('is for the client that pushed it (CLI-04)', async () => {
    const { request_uri } = await push();
    const { status, text, url } = await new UserAgent(issuer).open(urlWith(request_uri, 'demo-web'));
    expect([status, url.origin]).toEqual([400, issuer]);
    expect(text).toMatch(/invalid_request/);
  });

  it('is refused when it is unknown (CLI-04)', async () => {
    const unknown = urlWith('urn:ietf:params:oauth:request_uri:unknown');
    const { url, text } = await new UserAgent(issuer).open(unknown);
    expect(url.origin).toBe(issuer);
    expect(text).toContain('invalid_request_uri');
  });

  it('cannot be changed in the browser', async () => {
    const { request_uri } = await push();
    const url = urlWith(request_uri);
    url.searchParams.set('scope', 'openid payments:write');
    url.searchParams.set('redirect_uri', 'https://evil.example/');
    const stop = await logIn(new UserAgent(issuer), url);
    expect(stop.url.href).toMatch(new RegExp(`^${REDIRECT_URI}\\?code=`));
  });

  it.each<[deviation: string, changes: Record<string, string>, error: string]>([
    [
      'names a redirect URI that is not registered',
      { redirect_uri: 'https://evil.example/' },
      'invalid_request',
    ],
    ['has no code challenge (BCP-04)', { code_challenge: '', code_challenge_method: '' }, 'invalid_request'],
    [
      'asks for a token in the front channel (BCP-06)',
      { response_type: 'token' },
      'unsupported_response_type',
    ],
    ['names a request_uri itself (RFC 9126 §2.1)', { request_uri: 'urn:x' }, 'request_uri_not_supported'],
  ])('is refused at once when it %s', async (_deviation, changes, error) => {
    const { status, body } = await backend.push(web.authorizationUrl({ client_id: BACKEND_ID, ...changes }));
    expect([status, body]).toMatchObject([400, { error }]);
  });

  it('is refused from a client that does not authenticate', async () => {
    const body = web.authorizationUrl({ client_id: BACKEND_ID }).searchParams;
    const response = await fetch(`${issuer}/par`, { method: 'POST', body });
    expect([response.status, await response.json()]).toMatchObject([401, { error: 'invalid_client' }]);
  });

  it('is the only kind that a client may send which registered so (RFC 9126 §6)', async () => {
    const { url } = await new UserAgent(issuer).open(web.authorizationUrl({ client_id: BACKEND_ID }));
    expect(url.searchParams.get('error')).toBe('invalid_request');
  });
});

describe('a request object', () => {
  const hits: string[] = [];
  const server = createServer((request, response) => {
    hits.push(request.url ?? '');
    response.end();
  });
  let address: string;
  beforeAll(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/request`;
  });
  afterAll(() => {
    server.close();
  });

  it.each<[how: string, changes: () => Record<string, string>, error: string]>([
    ['by value', () => ({ request: 'eyJhbGciOiJub25lIn0.e30.' }), 'request_not_supported'],
    ['by reference, which is not fetched', () => ({ request_uri: address }), 'request_uri_not_supported'],
  ])('is refused %s (CLI-05)', async (_how, changes, error) => {
    const { url, text } = await new UserAgent(issuer).open(web.authorizationUrl(changes()));
    expect(url.searchParams.get('error') ?? text).toContain(error);
    expect(hits).toEqual([]);
  });
});
