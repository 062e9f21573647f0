import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DemoWebClient } from '../support/demo-web-client.ts';
import { AuthReplica } from '../support/auth-replica.ts';
import { TestEventStream } from '../support/event-stream.ts';
import { startAuthWithClients } from '../support/registered-clients.ts';
import { TestStack } from '../support/test-stack.ts';
import { basic, tokenRequest, type TokenAnswer } from '../support/token-endpoint.ts';
import { UserAgent } from '../support/user-agent.ts';

/** With characters that `application/x-www-form-urlencoded` has to escape. */
const AWKWARD = { id: 'awkward', secret: 'a:secret%20with+signs&more=' } as const;
/** Requests that a proxy of ours passes on, each from an address of its own. */
const [ATTACKER, OWNER] = ['203.0.113.7', '198.51.100.9'];

const REQUESTS_PER_NETWORK = 30;

let stack: TestStack;
beforeAll(async () => {
  const auth = { TRUST_PROXY: '127.0.0.1 ::1', REQUESTS_PER_NETWORK: String(REQUESTS_PER_NETWORK) };
  stack = await TestStack.prepare({ appEnvironment: { auth } });
  const metadata = {
    client_id: AWKWARD.id,
    token_endpoint_auth_method: 'client_secret_basic',
    grant_types: ['client_credentials'],
    response_types: [],
    redirect_uris: [],
    scope: 'orders:read',
  };
  await startAuthWithClients(stack, [{ metadata, secret: AWKWARD.secret }]);
});
afterAll(() => stack.dispose());

function authenticate(secret: string, from: string, client = 'demo-service'): Promise<TokenAnswer> {
  const headers = { ...basic(client, secret), 'x-forwarded-for': from };
  return tokenRequest(stack.issuer, { grant_type: 'client_credentials', scope: 'orders:read' }, headers);
}

describe('client authentication', () => {
  it('decodes a secret of any characters (CLI-01)', async () => {
    const secret = new URLSearchParams([['', AWKWARD.secret]]).toString().slice(1);
    expect((await authenticate(secret, OWNER, AWKWARD.id)).status).toBe(200);
  });

  it('stops comparing secrets for an address that guesses, and for no other (CLI-06)', async () => {
    const guesses = Array.from({ length: 1_000 }, (_none, index) => `guess-${index}`);
    const statuses = new Map<number, number>();
    for (const guess of guesses) {
      const { status } = await authenticate(guess, ATTACKER);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
    expect(Object.fromEntries(statuses)).toEqual({ 401: 20, 429: 980 });
    const refused = await authenticate('demo-service-secret', ATTACKER);
    expect([refused.status, refused.body]).toMatchObject([429, { error: 'temporarily_unavailable' }]);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await authenticate('demo-service-secret', OWNER)).status).toBe(200);
  });

  it('counts wrong secrets at the event stream with those at the token endpoint, by client and address (CLI-06)', async () => {
    const poll = (secret: string, from: string) =>
      new TestEventStream(stack.issuer, { ...basic('gateway', secret), 'x-forwarded-for': from }).poll({
        returnImmediately: true,
      });
    const from = '203.0.113.10';
    for (let count = 0; count < 10; count++) expect((await poll('guess', from)).status).toBe(401);
    for (let count = 0; count < 10; count++)
      expect((await authenticate('guess', from, 'gateway')).status).toBe(401);
    const refused = await poll('gateway-secret', from);
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await poll('gateway-secret', OWNER)).status).toBe(200);
  });

  it('forgives nobody when the keys change (CLI-06)', async () => {
    const from = '203.0.113.9';
    for (let count = 0; count < 20; count++) await authenticate('guess', from);
    const issuer = new AuthReplica(stack.issuer, stack.issuer);
    const { changes } = await issuer.change('announce', { alg: 'ES256' });
    const kid = changes.find(({ state }) => state === 'announced')?.kid;
    expect(kid).toBeDefined();
    while (!(await issuer.publishedKids()).includes(kid ?? '')) await delay(10);
    expect((await authenticate('demo-service-secret', from)).status).toBe(429);
  });

  it('counts by what the proxy appended, and not by what the caller put before it (CLI-06)', async () => {
    for (let count = 0; count < 30; count++) await authenticate('guess', `10.0.0.${count}, 203.0.113.8`);
    expect((await authenticate('demo-service-secret', '10.9.9.9, 203.0.113.8')).status).toBe(429);
  });
});

describe('the page for a device', () => {
  it('stops looking codes up for an address that guesses (RFC 8628 §5.1)', async () => {
    const agent = new UserAgent(stack.issuer);
    let page = await agent.open(new URL('/device', stack.issuer));
    const statuses: number[] = [];
    for (let count = 0; count < 12; count++) {
      page = await agent.submit(page, '/device', { user_code: 'BBBB-BBBB' });
      statuses.push(page.status);
    }
    expect(statuses).toEqual([...Array<number>(10).fill(200), 429, 429]);
    expect(page.text).toContain('There were too many wrong codes');
    expect(page.headers.get('retry-after')).toMatch(/^\d+$/);
  });
});

describe('what strangers have rows written by', () => {
  const authorization = () => new DemoWebClient(stack.issuer).authorizationUrl();
  const send = (url: URL, from: string, init: RequestInit = {}) => {
    const headers = new Headers(init.headers);
    headers.set('x-forwarded-for', from);
    return fetch(url, { redirect: 'manual', ...init, headers });
  };
  const at = (path: string) => new URL(path, stack.issuer);
  const form = (path: string, fields: Record<string, string>, headers: Record<string, string> = {}) =>
    [at(path), { method: 'POST', body: new URLSearchParams(fields), headers }] as const;
  const pushed = (client: string) => ({
    ...Object.fromEntries(authorization().searchParams),
    client_id: client,
    scope: 'openid orders:read',
  });

  type Request = readonly [url: URL, init?: RequestInit];
  const PAGES: readonly (readonly [what: string, request: () => Request])[] = [
    ['/authorize', () => [authorization()]],
    ['/device', () => [at('/device')]],
    ['/device, by a form without its session', () => form('/device', { user_code: 'BBBB-BBBB' })],
    ['/logout', () => [at('/logout')]],
  ];
  const ENDPOINTS: readonly (readonly [what: string, request: () => Request])[] = [
    ['/par, by a public client', () => form('/par', pushed('demo-web'))],
    [
      '/device_authorization, by a public client',
      () => form('/device_authorization', { client_id: 'demo-web' }),
    ],
  ];

  /** @returns how many requests were answered before the first that was refused, and that */
  async function exhaust(request: () => Request, from: () => string) {
    for (let answered = 0; answered <= REQUESTS_PER_NETWORK; answered++) {
      const [url, init] = request();
      const answer = await send(url, from(), init);
      if (answer.status === 429) return { answered, answer };
      await answer.body?.cancel();
    }
    throw new Error('none was refused');
  }

  it.each([...PAGES, ...ENDPOINTS])(
    'is refused to a network that asks too often, and to no other: %s',
    async (what, request) => {
      const network = `198.18.1.${[...PAGES, ...ENDPOINTS].findIndex(([name]) => name === what)}`;
      const { answered, answer } = await exhaust(request, () => network);
      expect(answered).toBe(REQUESTS_PER_NETWORK);
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(answer.headers.get('set-cookie')).toBeNull();
      const [url, init] = request();
      expect((await send(url, '198.18.2.1', init)).status).not.toBe(429);
    },
  );

  it('is refused on a page, which says when to try again and is kept by nobody', async () => {
    const { answer } = await exhaust(
      () => [authorization()],
      () => '198.18.3.1',
    );
    expect(await answer.text()).toMatch(/Too many requests came from your network\. Wait \d+ seconds?/);
    expect(answer.headers.get('content-type')).toMatch('text/html');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
  });

  it.each(ENDPOINTS)('is refused as an error of OAuth: %s', async (_what, request) => {
    const { answer } = await exhaust(request, () => '198.18.3.2');
    expect(await answer.json()).toMatchObject({ error: 'temporarily_unavailable' });
  });

  it('is counted for an IPv6 network, of which one customer has every address', async () => {
    let subnet = 0x200;
    const { answered } = await exhaust(
      () => [authorization()],
      () => `2001:db8:1:${(++subnet).toString(16)}::1`,
    );
    expect(answered).toBe(REQUESTS_PER_NETWORK);
    expect((await send(authorization(), '2001:db8:1:300::1')).status).toBe(303);
  });

  it('is not counted for a client that authenticates', async () => {
    const headers = basic('demo-service', 'demo-service-secret');
    for (let count = 0; count < 2 * REQUESTS_PER_NETWORK; count++) {
      const [url, init] = form('/par', pushed('demo-service'), headers);
      expect((await send(url, '198.18.4.1', init)).status).not.toBe(429);
    }
  });

  it('spares whoever has a login under way', async () => {
    const from = '198.18.5.1';
    const begun = await send(authorization(), from);
    await exhaust(
      () => [authorization()],
      () => from,
    );
    const cookie = begun.headers
      .getSetCookie()
      .map((line) => line.split(';', 1)[0])
      .join('; ');
    const page = await send(new URL(begun.headers.get('location') ?? '', stack.issuer), from, {
      headers: { cookie },
    });
    expect(page.status).toBe(200);
  });
});
