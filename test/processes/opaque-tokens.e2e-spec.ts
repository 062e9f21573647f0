import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { ApiClient, type Answer } from '../support/api-client.ts';
import { tokenFor } from '../support/client-credentials.ts';
import { DemoWebClient, PASSWORD } from '../support/demo-web-client.ts';
import { logInTo, operator, publicClient } from '../support/operator.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { TestStack } from '../support/test-stack.ts';
import { basic, tokens } from '../support/token-endpoint.ts';
import { UserAgent } from '../support/user-agent.ts';

const WEB = 'opaque-web';
const SCOPE = 'openid orders:read';
const CUSTOMER = 'customer@example.com';
/** For as long as an answer of the issuer counts, without an event. */
const CACHE_MS = 30_000;
/** For an event: most take less than a second. A machine that is busy is no fault of the apps. */
const PATIENCE_MS = 5_000;
const OUTAGE_LIMIT_MS = 2_000;

const introspections = z.record(z.string(), z.number());

let stack: TestStack;
/** Between the gateway and introspection; its way to the keys and the events is another. */
let introspection: TcpProxy;
const seen: string[] = [];
/** Of a person, accepted at the start: what is known of it is older than the cache when the flood comes. */
let longKnown: { readonly token: string; readonly since: number };

beforeAll(async () => {
  stack = await TestStack.prepare(async (ports) => {
    introspection = await TcpProxy.start({ hostname: '127.0.0.1', port: ports.auth.main });
    return {
      appEnvironment: { gateway: { INTROSPECTION_URI: `http://${introspection.address}/introspect` } },
    };
  });
  await stack.start();
  const registration = { ...publicClient(WEB, SCOPE), access_token_format: 'opaque' };
  await (await operator(stack.issuer)).call('POST', '/clients', registration);
  const { access_token: token } = await logInTo(stack.issuer, WEB, CUSTOMER, { scope: SCOPE });
  longKnown = { token, since: performance.now() };
  const { status } = await me(token);
  if (status !== 200) throw new Error(`the gateway answered ${status}`);
}, 120_000);

afterAll(async () => {
  await stack.dispose();
  introspection.stop();
});

async function opaqueToken(): Promise<string> {
  const token = await tokenFor(stack.issuer, 'demo-opaque', {});
  seen.push(token);
  return token;
}

function me(token: string): Promise<Answer> {
  return new ApiClient(stack.api, token).get('/me');
}

async function revoke(token: string, parameters = {}, headers = {}): Promise<void> {
  const body = new URLSearchParams({ token, ...parameters });
  const answer = await fetch(`${stack.issuer}/revoke`, { method: 'POST', body, headers });
  expect(answer.status).toBe(200);
}

/** How long a token goes on being accepted. @throws Error after the limit */
async function refusedAfter(token: string, limitMs: number): Promise<number> {
  const startedAt = performance.now();
  while (performance.now() - startedAt < limitMs) {
    const { status } = await me(token);
    if (status === 401) return performance.now() - startedAt;
    expect(status).toBe(200);
    await delay(20);
  }
  throw new Error(`the token was accepted for ${limitMs} ms`);
}

/** What the gateway says of its introspections since its start. */
async function outcomes(): Promise<Readonly<Record<string, number>>> {
  const response = await fetch(`http://127.0.0.1:${stack.ports.gateway.management}/metrics`);
  const lines = (await response.text()).matchAll(
    /^countersign_introspections_total\{outcome="(\w+)"\} (\d+)$/gm,
  );
  return introspections.parse(Object.fromEntries([...lines].map(([, name, count]) => [name, Number(count)])));
}

/** An answer of the kind that blames nobody's token. */
function expectOutage({ status, headers, body }: Answer): void {
  expect([status, body]).toMatchObject([503, { title: 'Service Unavailable' }]);
  expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
  expect(headers.get('www-authenticate')).toBeNull();
}

describe('an opaque token', () => {
  it('is introspected once, for any number of requests', async () => {
    const token = await opaqueToken();
    const before = await outcomes();
    const answers = await Promise.all(Array.from({ length: 50 }, () => me(token)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    const after = await outcomes();
    expect((after['active'] ?? 0) - (before['active'] ?? 0)).toBe(1);
  });

  it('of a person has their roles, and that of their login ends with its refresh token at once (INT-06, REV-03)', async () => {
    const login = await logInTo(stack.issuer, WEB, CUSTOMER, { scope: SCOPE });
    seen.push(login.access_token);
    expect(login.access_token).toMatch(/^[\w-]{43}$/);
    expect(await me(login.access_token)).toMatchObject({
      status: 200,
      body: { clientId: WEB, roles: ['customer'] },
    });
    await revoke(login.refresh_token, { client_id: WEB });
    await refusedAfter(login.access_token, PATIENCE_MS);
  });

  it('is refused at once after its person logged out (INT-06)', async () => {
    const web = new DemoWebClient(stack.issuer);
    const agent = new UserAgent(stack.issuer);
    const loginPage = await agent.open(web.authorizationUrl({ client_id: WEB, scope: SCOPE }));
    const consentPage = await agent.submit(loginPage, '/login', { email: CUSTOMER, password: PASSWORD });
    const { url } = await agent.submit(consentPage, '/consent', { consent: 'allow' });
    const code = url.searchParams.get('code') ?? '';
    const { access_token: token } = tokens.parse((await web.exchange(code, { client_id: WEB })).body);
    expect(await me(token)).toMatchObject({ status: 200 });
    const logoutPage = await agent.open(new URL('/logout', stack.issuer));
    await agent.submit(logoutPage, '/logout/confirm', { logout: 'yes' });
    await refusedAfter(token, PATIENCE_MS);
  });

  it('names its session to whom it is meant for, as a JWT does', async () => {
    const { access_token: token } = await logInTo(stack.issuer, WEB, CUSTOMER, { scope: SCOPE });
    const answer = await fetch(`${stack.issuer}/introspect`, {
      method: 'POST',
      body: new URLSearchParams({ token }),
      headers: basic('gateway', 'gateway-secret'),
    });
    expect(await answer.json()).toMatchObject({
      active: true,
      sid: expect.stringMatching(/^[\w-]{10,}$/),
      grant_id: expect.stringMatching(/^[\w-]{10,}$/),
    });
  });

  it('that is revoked by itself is refused within 30 seconds, in use or not (INT-06)', async () => {
    const token = await opaqueToken();
    expect(await me(token)).toMatchObject({ status: 200 });
    await revoke(token, {}, basic('demo-opaque', 'demo-opaque-secret'));
    expect(await refusedAfter(token, CACHE_MS + 2_000)).toBeLessThan(CACHE_MS + 1_000);
  }, 60_000);

  it('is refused at once after its client was disabled (INT-06)', async () => {
    const token = await opaqueToken();
    expect(await me(token)).toMatchObject({ status: 200 });
    const admin = await operator(stack.issuer);
    expect((await admin.call('POST', '/clients/demo-opaque/disable')).status).toBeLessThan(300);
    await refusedAfter(token, PATIENCE_MS);
    expect((await admin.call('POST', '/clients/demo-opaque/enable')).status).toBeLessThan(300);
    await delay(2_000); // tokens of the second of the event end with it
    expect(await me(await opaqueToken())).toMatchObject({ status: 200 });
  });
});

describe('while introspection cannot be reached', () => {
  it('unknown tokens are answered 503, those of a moment ago go on, and JWTs know nothing of it (BEA-10)', async () => {
    const [known, unknown, jwt] = await Promise.all([
      opaqueToken(),
      opaqueToken(),
      tokenFor(stack.issuer, 'demo-service', {}),
    ]);
    expect(await me(known)).toMatchObject({ status: 200 });
    introspection.cut();
    expectOutage(await me(unknown));
    expect(await me(known)).toMatchObject({ status: 200 });
    expect(await me(jwt)).toMatchObject({ status: 200 });
    const ready = await fetch(`http://127.0.0.1:${stack.ports.gateway.management}/readyz`);
    expect(ready.status).toBe(200);
    introspection.mend();
    expect(await me(unknown)).toMatchObject({ status: 200 });
  });

  it('a connection that says nothing is given up within 2 s', async () => {
    const [first, second] = [await opaqueToken(), await opaqueToken()];
    expect(await me(first)).toMatchObject({ status: 200 });
    introspection.freezeConnections();
    const startedAt = performance.now();
    expectOutage(await me(second));
    expect(performance.now() - startedAt).toBeLessThan(OUTAGE_LIMIT_MS);
    introspection.cut();
    introspection.mend();
    expect(await me(second)).toMatchObject({ status: 200 });
  });
});

describe('a flood of random handles (INT-07)', () => {
  it('costs the issuer a bounded number of answers, and those who are known notice nothing', async () => {
    const jwt = await tokenFor(stack.issuer, 'demo-service', {});
    await delay(Math.max(0, longKnown.since + CACHE_MS + 1_000 - performance.now()));
    const before = await outcomes();
    const statuses = new Set<number>();
    for (let round = 0; round < 40; round++) {
      const flood = Array.from({ length: 50 }, () => me(randomBytes(32).toString('base64url')));
      const [opaque, other] = await Promise.all([me(longKnown.token), me(jwt)]);
      expect([opaque.status, other.status]).toEqual([200, 200]);
      for (const { status } of await Promise.all(flood)) statuses.add(status);
    }
    expect(statuses).toEqual(new Set([401, 503]));
    const after = await outcomes();
    expect((after['refused'] ?? 0) - (before['refused'] ?? 0)).toBeLessThan(500);
    expect(after['shed'] ?? 0).toBeGreaterThan(1_000);
    expect(after['failed']).toBe(before['failed']);
    expect(after['active'] ?? 0).toBeGreaterThan(before['active'] ?? 0); // asked for anew, in the middle of it
    await retry(async () => expect((await me(await opaqueToken())).status).toBe(200));
  }, 60_000);
});

describe('the log of the gateway', () => {
  it('has no opaque token (TXN-08)', () => {
    const log = stack.lines
      .filter(({ app }) => app === 'gateway')
      .map(({ text }) => text)
      .join('\n');
    expect(log).toContain('introspection_unavailable');
    expect(seen.length).toBeGreaterThan(5);
    expect(seen.filter((token) => log.includes(token.slice(0, 20)))).toEqual([]);
  });
});

/** A few times, half a second apart. */
async function retry(work: () => Promise<void>): Promise<void> {
  for (let attempt = 0; attempt < 10; attempt++) {
    const error = await work().catch((failure: unknown) => failure ?? new Error('rejected'));
    if (error === undefined) return;
    await delay(500);
  }
  await work();
}
