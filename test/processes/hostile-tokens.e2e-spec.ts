import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { encode, hostileAccessTokens, TokenForge } from '@countersign/auth/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { FakeIssuer } from '../support/fake-issuer.ts';
import { TestStack } from '../support/test-stack.ts';

const ACCEPTED = ['RS256', 'PS256', 'ES256', 'EdDSA'] as const;

// The rows are made twice: here, so that the runner knows their titles, and below with the running issuer's own keys.
const titles = hostileAccessTokens(
  new TokenForge({ issuer: 'http://localhost', audience: 'http://localhost', now: Date.now }),
).map(({ id, code, title }, index) => ({ id, code, title, index }));

describe('the gateway', () => {
  let stack: TestStack;
  let issuer: FakeIssuer;
  let orders: TcpProxy;
  let tokens: readonly string[];
  let refusals = 0;

  beforeAll(async () => {
    stack = await TestStack.prepare(async (ports) => {
      orders = await TcpProxy.start({ hostname: '127.0.0.1', port: ports.orders.main });
      issuer = await FakeIssuer.start(`http://localhost:${ports.gateway.main}`);
      for (const algorithm of ACCEPTED) issuer.forge.publishedKey(algorithm);
      tokens = hostileAccessTokens(issuer.forge).map(({ token }) => token);
      return {
        environment: { ISSUER: issuer.url },
        // This issuer has no event stream.
        appEnvironment: { gateway: { ORDERS_ADDRESS: orders.address, CLIENT_ID: '' } },
      };
    });
    await stack.start(['gateway', 'orders']);
  });

  afterAll(async () => {
    await stack.dispose();
    orders.stop();
    issuer.stop();
  });

  function getOrders(token: string, scheme = 'Bearer'): Promise<Response> {
    return fetch(`${stack.api}/orders`, { headers: { authorization: `${scheme} ${token}` } });
  }

  async function expectRefused(response: Response): Promise<void> {
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toMatch(/^Bearer realm="[^"]+", error="invalid_token"/);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get('content-type')).toContain('application/problem+json');
    expect(await response.json()).toEqual({
      type: 'about:blank',
      title: 'Unauthorized',
      status: 401,
      detail: 'A valid access token is required.',
    });
  }

  it.each(ACCEPTED)('accepts %s by a published key (JWT-01)', async (algorithm) => {
    const token = issuer.forge.accessToken({ key: issuer.forge.publishedKey(algorithm) });
    expect((await getOrders(token)).status).toBe(200);
  });

  it.each(titles)('refuses $title, and lets nothing of it through ($id)', async ({ index, code }) => {
    const token = tokens[index] ?? '';
    const bytesBefore = orders.bytes;
    await expectRefused(await getOrders(token));
    expect(orders.bytes).toBe(bytesBefore);
    const audit = await stack.linesWith('"msg":"refused"', ++refusals);
    expect(audit).toHaveLength(refusals);
    expect(JSON.parse(audit.at(-1)?.text ?? '')).toMatchObject({ route: 'GET /orders', status: 401, code });
  });

  it('writes no token to its log, accepted or refused (TXN-08)', () => {
    const signed = [...tokens, issuer.forge.accessToken()].filter((token) => token.length > 100);
    const log = stack.lines.map(({ text }) => text).join('\n');
    expect(signed.filter((token) => log.includes(token.slice(0, 60)))).toEqual([]);
    expect(log).not.toMatch(/eyJ[\w-]+\.eyJ[\w-]+/);
  });

  it('opens no connection to an address that a token names (JWT-13)', async () => {
    let connections = 0;
    const listener = createServer(() => connections++).listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const url = `http://127.0.0.1:${(listener.address() as AddressInfo).port}/keys`;
    for (const header of [{ jku: url }, { x5u: url }, { jku: url, kid: 'unknown' }]) {
      await expectRefused(await getOrders(issuer.forge.accessToken({ header })));
    }
    await expectRefused(await getOrders(issuer.forge.accessToken({ claims: { iss: url } })));
    await delay(100);
    listener.close();
    expect(connections).toBe(0);
  });

  it('fetches the keys at most once for a flood of unknown kids (F05)', async () => {
    const before = issuer.jwksFetches;
    const flood = Array.from({ length: 300 }, (_, index) =>
      getOrders(issuer.forge.accessToken({ header: { kid: `unknown-${index}` } })),
    );
    for (const response of await Promise.all(flood)) expect(response.status).toBe(401);
    expect(issuer.jwksFetches - before).toBeLessThanOrEqual(1);
    expect((await getOrders(issuer.forge.accessToken())).status).toBe(200);
  });

  it('does not take a transaction token for an access token (TXN-07)', async () => {
    const claims = { aud: 'countersign.local', sub: 's', scope: 'orders:read', txn: 't' };
    const token = issuer.forge.accessToken({ header: { typ: 'txntoken+jwt' }, claims });
    await expectRefused(await getOrders(token));
  });

  it('does not take an access token by another scheme', async () => {
    const response = await getOrders(issuer.forge.accessToken(), 'GNAP');
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).not.toContain('error');
  });

  it('answers a token that says nothing of scopes with what it would have needed (BEA-03)', async () => {
    const response = await getOrders(issuer.forge.accessToken({ claims: { scope: undefined } }));
    expect(response.status).toBe(403);
    expect(response.headers.get('www-authenticate')).toMatch(
      /error="insufficient_scope".*scope="orders:read"/,
    );
  });

  it('does not reflect what a token or a header says (BEA-07)', async () => {
    const token = `${encode(JSON.stringify({ alg: 'canary', typ: 'canary', kid: 'canary' }))}.e30.canary`;
    const response = await getOrders(token);
    const text = JSON.stringify([...response.headers]) + (await response.text());
    expect(text).not.toContain('canary');
  });
});
