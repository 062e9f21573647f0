import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createRemoteJWKSet, decodeJwt, jwtVerify, type JWTVerifyResult } from 'jose';
import { z } from 'zod';
import { DemoWebClient, PASSWORD, REDIRECT_URI } from '../support/demo-web-client.ts';
import { operator, type AdminCaller } from '../support/operator.ts';
import { startAuthWithClients, type TestClient } from '../support/registered-clients.ts';
import { TestStack } from '../support/test-stack.ts';
import { tokens } from '../support/token-endpoint.ts';
import { UserAgent, type Stop } from '../support/user-agent.ts';

/** What the issuer waits for a client at most, and the rest of a logout. */
const LONGEST_LOGOUT_MS = 4_000;
/** After that the issuer no longer waits for a client. */
const SILENCE_MS = 2_500;
/** Of everyone who is no demo account. */
const FIRST_PASSWORD = 'kettle window bicycle';
const NEW_PASSWORD = 'seven quiet harbour lamps';
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

const created = z.object({ id: z.string(), password_link: z.object({ url: z.string() }) });

let stack: TestStack;
let admin: AdminCaller;
let people = 0;
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

/** Logs in at a client, with the session that a browser has. @returns the claims of its ID token */
async function logInAt(
  client_id: string,
  { email = 'customer@example.com', password = PASSWORD, browser = agent } = {},
): Promise<ReturnType<typeof decodeJwt>> {
  let stop = await browser.open(web.authorizationUrl({ client_id, scope: 'openid email' }));
  if (stop.text.includes('Password')) stop = await browser.submit(stop, '/login', { email, password });
  const { url } = await browser.submit(stop, '/consent', { consent: 'allow' });
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
  admin = await operator(stack.issuer);
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

/** Someone with an account that nobody else uses, logged in at a client by a browser. */
interface Person {
  readonly id: string;
  readonly browser: UserAgent;
  readonly claims: ReturnType<typeof decodeJwt>;
}

async function newPerson(): Promise<Person> {
  const email = `person${++people}@example.com`;
  const { body } = await admin.call('POST', '/accounts', { email, name: 'Pat Person', roles: ['customer'] });
  const { id, password_link: link } = created.parse(body);
  await choosePassword(link.url, FIRST_PASSWORD);
  const browser = new UserAgent(stack.issuer);
  return { id, browser, claims: await logInAt('rp-attentive', { email, browser, password: FIRST_PASSWORD }) };
}

async function choosePassword(link: string, password: string): Promise<void> {
  const browser = new UserAgent(stack.issuer);
  const done = await browser.submit(await browser.open(new URL(link)), '/password/reset', {
    password,
    again: password,
  });
  if (done.status !== 200) throw new Error(done.text);
}

/** The logout tokens that the attentive client got for somebody, when there are so many. */
async function logoutsOf(
  { claims }: Person,
  count: number,
): Promise<readonly ReturnType<typeof decodeJwt>[]> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const theirs = received
      .filter(({ path }) => path === '/attentive')
      .map(({ body }) => decodeJwt(body.get('logout_token') ?? ''))
      .filter(({ sub }) => sub === claims.sub);
    if (theirs.length >= count) return theirs;
    await delay(50);
  }
  throw new Error(`fewer than ${count} logout tokens came`);
}

const account = ({ browser }: Person) => browser.open(new URL('/account', stack.issuer));

describe('a client is told of a login that ends', () => {
  it.each<[how: string, end: (person: Person) => Promise<unknown>]>([
    [
      'by "sign out everywhere"',
      async (person) => person.browser.submit(await account(person), '/sign-out-everywhere'),
    ],
    [
      'with the session that the person ends',
      async (person) => person.browser.submit(await account(person), '/end-session'),
    ],
    [
      'with the access that the person takes away',
      async (person) => person.browser.submit(await account(person), '/end-access'),
    ],
    [
      'by a new password',
      async ({ browser }) =>
        browser.submit(await browser.open(new URL('/account/password', stack.issuer)), '/account/password', {
          current: FIRST_PASSWORD,
          password: NEW_PASSWORD,
          again: NEW_PASSWORD,
        }),
    ],
    [
      'by a new password behind a link',
      async ({ id }) => {
        const { body } = await admin.call('POST', `/accounts/${id}/password-reset`);
        await choosePassword(created.parse(body).password_link.url, NEW_PASSWORD);
      },
    ],
    [
      'by an administrator who disables the account',
      ({ id }) => admin.call('POST', `/accounts/${id}/disable`),
    ],
    ['by an administrator who signs it out', ({ id }) => admin.call('POST', `/accounts/${id}/sign-out`)],
  ])('%s (OpenID Connect Back-Channel Logout §2.4)', async (_how, end) => {
    const person = await newPerson();
    await end(person);
    const { sub, sid: session } = person.claims;
    expect(await logoutsOf(person, 1)).toEqual([
      expect.objectContaining({ aud: 'rp-attentive', sub, sid: session, events: { [EVENT]: {} } }),
    ]);
  });

  it('while whoever ends it does not wait for one that does not answer', async () => {
    const email = `person${people + 1}@example.com`;
    const person = await newPerson();
    await logInAt('rp-silent', { email, browser: person.browser });
    const before = received.filter(({ path }) => path === '/silent').length;
    const page = await account(person);
    const start = performance.now();
    await person.browser.submit(page, '/sign-out-everywhere');
    const took = performance.now() - start;
    await logoutsOf(person, 1);
    expect(received.filter(({ path }) => path === '/silent').length).toBe(before + 1);
    expect(took).toBeLessThan(SILENCE_MS);
  });
});
