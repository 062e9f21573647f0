import { beforeAll, describe, expect, it } from '@jest/globals';
import { ApiClient } from '../support/api-client.ts';
import { parseChallenge } from '../support/challenge.ts';
import { DemoWebClient } from '../support/demo-web-client.ts';
import { headerOf, rawRequest, type RawAnswer } from '../support/raw-http.ts';
import { api, issuer } from '../support/running-stack.ts';
import { serviceToken } from '../support/token-endpoint.ts';

const { host } = new URL(api);
const JSON_TYPE = 'Content-Type: application/json';

let token: string;
let subject: string;

beforeAll(async () => {
  token = (await new DemoWebClient(issuer).logIn('customer@example.com')).access_token;
  const [, claims = ''] = token.split('.');
  ({ sub: subject } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as { sub: string });
});

/** Sends lines as they are; `<token>` stands for a good access token of the customer. */
function send(lines: readonly string[], body = ''): Promise<RawAnswer> {
  const [requestLine = '', ...headers] = lines.map((line) => line.replaceAll('<token>', token));
  const text = body.replaceAll('<token>', token);
  const length = text === '' ? [] : [`Content-Length: ${Buffer.byteLength(text)}`];
  const all = [`${requestLine} HTTP/1.1`, `Host: ${host}`, 'Connection: close', ...length, ...headers];
  return rawRequest(api, all, text);
}

/** Where the metadata of the resource of a path are (RFC 9728 §3.1). */
function metadataOf(path: string): string {
  return `${api}/.well-known/oauth-protected-resource${path}`;
}

function pathOf([requestLine = '']: readonly string[]): string {
  return /^[A-Z]+ ([^?]+)/.exec(requestLine)?.[1] ?? '';
}

function challengeOf(answer: RawAnswer): Record<string, string> {
  const { scheme, parameters } = parseChallenge(headerOf(answer, 'www-authenticate'));
  expect(scheme).toBe('Bearer');
  return Object.fromEntries(parameters);
}

describe('a caller with a good access token', () => {
  it('learns who it is taken for, and that no cache may keep the answer (BEA-09)', async () => {
    const { status, headers, body } = await new ApiClient(api, token).get('/me');
    expect([status, headers.get('cache-control')]).toEqual([200, 'no-store']);
    expect(body).toEqual({
      issuer,
      subject,
      clientId: 'demo-web',
      scopes: ['orders:read', 'orders:write', 'payments:read', 'payments:write'],
      roles: ['customer'],
    });
  });

  it.each(['Bearer', 'bearer', 'BEARER', 'bEaReR'])('may spell the scheme %s (BEA-06)', async (scheme) => {
    expect(await send(['GET /me', `Authorization: ${scheme} <token>`])).toMatchObject({ status: 200 });
  });

  it('may put several spaces before it (BEA-06)', async () => {
    expect(await send(['GET /me', 'Authorization: Bearer   <token>'])).toMatchObject({ status: 200 });
  });

  it('is not disturbed by a token in the query, which is ignored (BEA-05)', async () => {
    const lines = ['GET /me?access_token=junk', 'Authorization: Bearer <token>'];
    expect(await send(lines)).toMatchObject({ status: 200 });
  });

  it.each([
    'x-user-id: 6f1c2a54-0f3b-4d0e-9a57-1d0b1c7e0004',
    'X_USER_ID: 6f1c2a54-0f3b-4d0e-9a57-1d0b1c7e0004',
    'X-User-Role: admin',
    'x_user_role: admin',
    'X-Scope: payments:write',
    'x_scope: payments:write',
    'Txn-Token: eyJhbGciOiJub25lIn0.e30.',
    'txn_token: eyJhbGciOiJub25lIn0.e30.',
  ])('is the same caller, whatever else it says of itself: %s (BCP-18)', async (header) => {
    const answer = await send(['GET /me', 'Authorization: Bearer <token>', header]);
    expect(JSON.parse(answer.body)).toMatchObject({ subject, roles: ['customer'] });
    const orders = await send(['GET /orders?limit=100', 'Authorization: Bearer <token>', header]);
    const { data } = JSON.parse(orders.body) as { data: { customerId: string }[] };
    expect(data.filter(({ customerId }) => customerId !== subject)).toEqual([]);
  });
});

describe('a caller without bearer credentials', () => {
  it.each<[deviation: string, lines: readonly string[], body?: string]>([
    ['with no header at all', ['GET /me']],
    ['with an empty header', ['GET /me', 'Authorization: ']],
    ['with credentials of another scheme', ['GET /me', 'Authorization: Basic ZGVtbzpkZW1v']],
    ['with a scheme that only begins like ours', ['GET /me', 'Authorization: Bearers <token>']],
    ['with a good token in the query (BEA-05)', ['GET /me?access_token=<token>']],
    ['with a good token in the body', ['POST /orders', JSON_TYPE], '{"access_token":"<token>"}'],
    ['with a good token in a cookie (BEA-08)', ['GET /me', 'Cookie: access_token=<token>']],
    ['with a good token in Proxy-Authorization', ['GET /me', 'Proxy-Authorization: Bearer <token>']],
    ['with propagated identity alone (BCP-18)', ['GET /me', 'X-User-Id: admin', 'Txn-Token: <token>']],
  ])('%s is asked for them, and told no error (BEA-01)', async (_deviation, lines, body = '') => {
    const answer = await send(lines, body);
    expect(answer.status).toBe(401);
    expect(challengeOf(answer)).toEqual({ realm: api, resource_metadata: metadataOf(pathOf(lines)) });
    expect(headerOf(answer, 'cache-control')).toBe('no-store');
  });
});

describe('a caller with malformed credentials', () => {
  it.each<[deviation: string, lines: readonly string[], body?: string]>([
    ['two tokens', ['GET /me', 'Authorization: Bearer <token>', 'Authorization: Bearer <token>']],
    [
      'a token and other credentials',
      ['GET /me', 'Authorization: Bearer <token>', 'Authorization: Basic eDp5'],
    ],
    [
      'other credentials and a token',
      ['GET /me', 'Authorization: Basic eDp5', 'authorization: Bearer <token>'],
    ],
    ['a tab for the space (BEA-06)', ['GET /me', 'Authorization: Bearer\t<token>']],
    ['a comma and a second token (BEA-06)', ['GET /me', 'Authorization: Bearer <token>,Bearer <token>']],
    ['text behind the token (BEA-06)', ['GET /me', 'Authorization: Bearer <token> x']],
    ['the token in quotes (BEA-06)', ['GET /me', 'Authorization: Bearer "<token>"']],
    ['a parameter for the token (BEA-06)', ['GET /me', 'Authorization: Bearer token="<token>"']],
    ['no token (BEA-06)', ['GET /me', 'Authorization: Bearer']],
    ['text for a header in the token (BEA-07)', ['GET /me', 'Authorization: Bearer x"\\r\\nX-Injected: 1']],
    [
      'a token in the body, too',
      ['POST /orders', 'Authorization: Bearer <token>', JSON_TYPE],
      '{"access_token":"<token>"}',
    ],
  ])('— %s — is told invalid_request (BEA-04)', async (_deviation, lines, body = '') => {
    const answer = await send(lines, body);
    expect(answer.status).toBe(400);
    expect(challengeOf(answer)).toEqual({
      realm: api,
      error: 'invalid_request',
      error_description: expect.any(String),
      resource_metadata: metadataOf(pathOf(lines)),
    });
    expect(headerOf(answer, 'x-injected')).toBeUndefined();
  });

  it('that is a token of no use is told invalid_token, and nothing of it is repeated (BEA-02, BEA-07)', async () => {
    const kid = Buffer.from('{"alg":"RS256","typ":"at+jwt","kid":"\\"evil\\\\"}').toString('base64url');
    const answer = await send(['GET /me', `Authorization: Bearer ${kid}.e30.c2ln`]);
    expect(answer.status).toBe(401);
    expect(challengeOf(answer)).toMatchObject({ error: 'invalid_token' });
    expect(JSON.stringify(answer)).not.toContain('evil');
  });
});

describe('a caller whose token lacks a scope', () => {
  it.each<[request: string, scope: string]>([
    ['GET /payments', 'payments:read'],
    ['POST /orders', 'orders:write'],
    ['POST /payments/01956f5e-9d2b-7c41-8f6a-2f6f0f4f9b1c/refund', 'payments:write'],
  ])('is told for %s that it takes %s (BEA-03)', async (request, scope) => {
    const ordersOnly = await serviceToken(issuer, 'orders:read');
    const answer = await send([request, `Authorization: Bearer ${ordersOnly}`]);
    expect(answer.status).toBe(403);
    expect(challengeOf(answer)).toMatchObject({
      error: 'insufficient_scope',
      scope,
      resource_metadata: metadataOf(pathOf([request])),
    });
  });
});
