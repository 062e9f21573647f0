import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createRemoteJWKSet, decodeJwt, jwtVerify, type JWTVerifyResult } from 'jose';
import { DemoWebClient, PASSWORD, REDIRECT_URI } from '../support/demo-web-client.ts';
import { startAuthWithClients, type TestClient } from '../support/registered-clients.ts';
import { TestStack } from '../support/test-stack.ts';
import { tokens } from '../support/token-endpoint.ts';
import { UserAgent, type Stop } from '../support/user-agent.ts';

/** What the issuer waits for a client at most, and the rest of a logout. */
const LONGEST_LOGOUT_MS = 4_000;
const EVENT = 'http://schemas.openid.net/event/backchannel-logout';

/** Relying parties by their path: one takes the logout, one never answers, one sends the issuer elsewhere. */
const received: { readonly path: string; readonly body: URLSearchParams }[] = [];
const relyingParties: Server = createServer((request, response) => {
  void (async () => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    received.push({ path: request.url ?? '', body: new URLSearchParams(Buffer.concat(chunks).toString()) });
    if (request.url === '/silent') return;
    if (request.url === '/elsewhere') response.writeHead(307, { location: '/internal' });
    response.end();
  })();
});

let stack: TestStack;
let web: DemoWebClient;
let agent: UserAgent;
let loggedOut: Stop;
let logoutMs: number;
let sid: unknown;
let subject: unknown;
let logout: JWTVerifyResult;

function relyingParty(path: string): TestClient {
  const { port } = relyingParties.address() as AddressInfo;
  const metadata = {
    client_id: `rp${path.replace('/', '-')}`,
    token_endpoint_auth_method: 'none',
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    redirect_uris: ['http://127.0.0.1/callback'],
    scope: 'openid email',
    backchannel_logout_uri: `http://127.0.0.1:${port}${path}`,
    backchannel_logout_session_required: true,
  };
  return { metadata, secret: null };
}

/** Logs in at a client, with the session that the agent has. @returns the claims of its ID token */
async function logInAt(client_id: string): Promise<ReturnType<typeof decodeJwt>> {
  let stop = await agent.open(web.authorizationUrl({ client_id, scope: 'openid email' }));
  if (stop.text.includes('Password'))
    stop = await agent.submit(stop, '/login', { email: 'customer@example.com', password: PASSWORD });
  const { url } = await agent.submit(stop, '/consent', { consent: 'allow' });
  const code = url.searchParams.get('code') ?? '';
  const { body } = await web.exchange(code, { client_id, redirect_uri: REDIRECT_URI });
  return decodeJwt(tokens.parse(body).id_token ?? '');
}

beforeAll(async () => {
  relyingParties.listen(0, '127.0.0.1');
  await once(relyingParties, 'listening');
  stack = await TestStack.prepare();
  await startAuthWithClients(stack, ['/attentive', '/silent', '/elsewhere'].map(relyingParty));
  web = new DemoWebClient(stack.issuer);
  agent = new UserAgent(stack.issuer);
  ({ sid, sub: subject } = await logInAt('rp-attentive'));
  await logInAt('rp-silent');
  await logInAt('rp-elsewhere');
  const page = await agent.open(new URL('/logout', stack.issuer));
  const start = performance.now();
  loggedOut = await agent.submit(page, '/logout/confirm', { logout: 'yes' });
  logoutMs = performance.now() - start;
  const { body } = received.find(({ path }) => path === '/attentive') ?? {};
  const keys = createRemoteJWKSet(new URL(`${stack.issuer}/.well-known/jwks.json`));
  logout = await jwtVerify(body?.get('logout_token') ?? '', keys);
});

afterAll(async () => {
  await stack.dispose();
  relyingParties.closeAllConnections();
  relyingParties.close();
});

describe('a logout', () => {
  it('is told to every client of the session, with a logout token (OpenID Connect Back-Channel Logout §2.4)', () => {
    expect(logout.protectedHeader).toMatchObject({ typ: 'logout+jwt', alg: 'RS256' });
    expect(logout.payload).toEqual({
      iss: stack.issuer,
      aud: 'rp-attentive',
      sub: subject,
      sid,
      jti: expect.any(String),
      iat: expect.any(Number),
      exp: expect.any(Number),
      events: { [EVENT]: {} },
    });
    expect(received.map(({ path }) => path).toSorted()).toEqual(['/attentive', '/elsewhere', '/silent']);
  });

  it('does not wait for a client that does not answer', () => {
    expect([loggedOut.status, loggedOut.text]).toEqual([200, expect.stringContaining('You are logged out')]);
    expect(logoutMs).toBeLessThan(LONGEST_LOGOUT_MS);
  });

  it('follows no redirect of a client: a token is not for whoever it names', () => {
    expect(received.map(({ path }) => path)).not.toContain('/internal');
  });

  it('says in the log which clients were not told', async () => {
    const lines = await stack.linesWith('was not told of a logout', 2);
    const text = lines.map((line) => line.text).join();
    expect(text).toMatch(/rp-elsewhere was not told/);
    expect(text).toMatch(/rp-silent was not told/);
    expect(text).not.toContain('rp-attentive');
  });

  it('leaves a token that no other endpoint takes', async () => {
    const authorization = `Bearer ${received[0]?.body.get('logout_token')}`;
    const response = await fetch(`${stack.issuer}/userinfo`, { headers: { authorization } });
    expect(response.status).toBe(401);
  });
});
