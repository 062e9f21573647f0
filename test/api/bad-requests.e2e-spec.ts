import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { ApiClient } from '../support/api-client.ts';
import { draft } from '../support/demo-orders.ts';
import { DemoWebClient } from '../support/demo-web-client.ts';
import { headerOf, rawRequest } from '../support/raw-http.ts';
import { api, issuer } from '../support/running-stack.ts';

const INTERNALS = /node_modules|fastify|nestjs|FST_|zod|drizzle|postgres|\bat .+:\d+:\d+/i;
const JSON_TYPE = { 'content-type': 'application/json' };
const [item] = draft().items;

let customer: ApiClient;

beforeAll(async () => {
  customer = new ApiClient(api, (await new DemoWebClient(issuer).logIn('customer@example.com')).access_token);
});

describe('a bad request', () => {
  it.each<[deviation: string, path: string, request: RequestInit, status: number]>([
    ['malformed JSON', '/orders', { method: 'POST', headers: JSON_TYPE, body: '{"items":[' }, 400],
    ['an empty body', '/orders', { method: 'POST', headers: JSON_TYPE, body: '' }, 400],
    ['no body', '/orders', { method: 'POST' }, 400],
    ['an array for an object', '/orders', { method: 'POST', headers: JSON_TYPE, body: '[]' }, 400],
    ['null for an object', '/orders', { method: 'POST', headers: JSON_TYPE, body: 'null' }, 400],
    [
      '__proto__ for a member',
      '/orders',
      { method: 'POST', headers: JSON_TYPE, body: '{"__proto__":{"admin":true}}' },
      400,
    ],
    [
      'a body of 1 MB',
      '/orders',
      { method: 'POST', headers: JSON_TYPE, body: JSON.stringify('x'.repeat(1_048_576)) },
      413,
    ],
    [
      'a body of XML',
      '/orders',
      { method: 'POST', headers: { 'content-type': 'application/xml' }, body: '<order/>' },
      415,
    ],
    ['a body of no type', '/orders', { method: 'POST', headers: { 'content-type': '' }, body: '{}' }, 415],
    ['an unknown route, with a secret in the query', '/nowhere?access_token=canary', {}, 404],
    ['another method', '/me', { method: 'DELETE' }, 404],
    ['an id that is no UUID', '/orders/1', {}, 400],
    ['an id that is SQL', "/orders/'%20OR%201=1--", {}, 400],
    ['an id of 5 KB', `/orders/${'a'.repeat(5_120)}`, {}, 414],
    ['a path that is not percent-encoded', '/orders/%zz', {}, 400],
    ['a page of no entries', '/orders?limit=0', {}, 400],
    ['a page of 101 entries', '/orders?limit=101', {}, 400],
    ['a page size that is no number', '/orders?limit=many', {}, 400],
    ['two page sizes', '/orders?limit=1&limit=2', {}, 400],
    ['a cursor that nobody gave', '/orders?cursor=1', {}, 400],
    ['an unknown query parameter', '/orders?customerId=6f1c2a54-0f3b-4d0e-9a57-1d0b1c7e0002', {}, 400],
    [
      'an Idempotency-Key with a space',
      '/orders',
      { method: 'POST', headers: { ...JSON_TYPE, 'idempotency-key': 'a b' }, body: JSON.stringify(draft()) },
      400,
    ],
  ])(
    'with %s is answered with a problem that says nothing of our insides',
    async (_deviation, path, request, status) => {
      const answer = await customer.send(path, request);
      expect(answer.status).toBe(status);
      expect(answer.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
      expect(answer.headers.get('cache-control')).toBe('no-store');
      expect(answer.body).toEqual({
        type: 'about:blank',
        title: expect.any(String),
        status,
        detail: expect.any(String),
      });
      expect(JSON.stringify(answer.body)).not.toMatch(INTERNALS);
      expect(JSON.stringify(answer.body)).not.toContain('canary');
    },
  );

  it.each<[deviation: string, changes: Record<string, unknown>]>([
    ['an unknown member', { total: { amount: 1, currency: 'EUR' } }],
    ['another customer', { customerId: '6f1c2a54-0f3b-4d0e-9a57-1d0b1c7e0002' }],
    ['a state', { state: 'paid' }],
    ['no items', { items: [] }],
    ['101 items', { items: Array(101).fill(item) }],
    ['an unknown member of an item', { items: [{ ...item, discount: 1 }] }],
    ['no price', { items: [{ ...item, unitPrice: undefined }] }],
    ['a price of 0', { items: [{ ...item, unitPrice: 0 }] }],
    ['a negative price', { items: [{ ...item, unitPrice: -1 }] }],
    ['a price with a fraction', { items: [{ ...item, unitPrice: 12.5 }] }],
    ['a price as text', { items: [{ ...item, unitPrice: '1250' }] }],
    ['a price of 1e308', { items: [{ ...item, unitPrice: 1e308 }] }],
    ['a price above the limit', { items: [{ ...item, unitPrice: 10_000_000_000 }] }],
    ['a total above the limit', { items: [{ ...item, quantity: 1_000, unitPrice: 9_999_999_999 }] }],
    ['a quantity of 0', { items: [{ ...item, quantity: 0 }] }],
    ['a quantity of a million', { items: [{ ...item, quantity: 1_000_000 }] }],
    ['a SKU with markup', { items: [{ ...item, sku: '<script>' }] }],
    ['a currency in small letters', { currency: 'eur' }],
    ['a currency that nobody pays in', { currency: 'ZZZ' }],
    ['a merchant that is no id', { merchantId: 'the-shop' }],
  ])('for an order with %s is refused', async (_deviation, changes) => {
    const { status, body } = await customer.post('/orders', { ...draft(), ...changes });
    expect(status).toBe(400);
    expect(body).toMatchObject({ title: 'Bad Request', detail: expect.not.stringMatching(INTERNALS) });
  });
});

describe('a request that is hardly HTTP', () => {
  const { host } = new URL(api);

  it.each<[deviation: string, lines: readonly string[], status: number]>([
    ['a request line of one word', ['NONSENSE'], 400],
    [
      'headers of 20 KB',
      ['GET /me HTTP/1.1', `Host: ${host}`, `Authorization: Bearer ${'a'.repeat(20_480)}`],
      431,
    ],
    [
      'two lengths of its body, one of them a lie (request smuggling)',
      ['POST /orders HTTP/1.1', `Host: ${host}`, 'Content-Length: 2', 'Transfer-Encoding: chunked'],
      400,
    ],
  ])('with %s is refused, and ends the connection', async (_deviation, lines, status) => {
    const answer = await rawRequest(api, lines);
    expect(answer.status).toBe(status);
    expect(answer.body).not.toMatch(INTERNALS);
    expect(headerOf(answer, 'content-type')).toBe('application/problem+json; charset=utf-8');
    expect(JSON.parse(answer.body)).toEqual({
      type: 'about:blank',
      title: expect.any(String),
      status,
      detail: expect.any(String),
    });
  });
});

describe('a request that does not end', () => {
  const { host } = new URL(api);
  const post = ['POST /orders HTTP/1.1', `Host: ${host}`, 'Content-Type: application/json'];

  it.each<[part: string, start: string]>([
    ['headers', `${post.join('\r\n')}\r\n`],
    ['body', `${[...post, 'Content-Length: 100'].join('\r\n')}\r\n\r\n{`],
  ])('is given 10 seconds for its %s', async (_part, start) => {
    const { hostname, port } = new URL(api);
    const socket = connect({ host: hostname, port: Number(port) });
    const startedAt = performance.now();
    socket.write(start);
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 408 [^]*"status":408/);
    const seconds = (performance.now() - startedAt) / 1_000;
    expect([seconds > 9, seconds < 15]).toEqual([true, true]);
  });
});

describe('every answer of the API', () => {
  const { host } = new URL(api);

  it.each(['/me', '/nowhere', '/docs', '/openapi.json', '/.well-known/jwks.json'])(
    'has the security headers: %s',
    async (path) => {
      const { headers } = await fetch(`${api}${path}`);
      expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('x-powered-by')).toBeNull();
      expect(headers.get('server')).toBeNull();
    },
  );

  it.each<[answer: string, lines: readonly string[]]>([
    ['400 for a bad target', ['GET /orders/%zz HTTP/1.1', `Host: ${host}`, 'Connection: close']],
    ['400 for no HTTP', ['NONSENSE']],
    ['431', ['GET /me HTTP/1.1', `Host: ${host}`, `X: ${'a'.repeat(20_480)}`]],
  ])('has them when it is made before anything else: %s', async (_answer, lines) => {
    const answer = await rawRequest(api, lines);
    expect(headerOf(answer, 'content-security-policy')).toContain("frame-ancestors 'none'");
    expect(headerOf(answer, 'x-content-type-options')).toBe('nosniff');
    expect(headerOf(answer, 'cache-control')).toBe('no-store');
  });

  it('is for our own pages: another origin is not let in by CORS', async () => {
    const lines = [
      'OPTIONS /me HTTP/1.1',
      `Host: ${host}`,
      'Origin: https://evil.example',
      'Connection: close',
    ];
    const answer = await rawRequest(api, [...lines, 'Access-Control-Request-Method: GET']);
    expect(headerOf(answer, 'access-control-allow-origin')).toBeUndefined();
  });
});
