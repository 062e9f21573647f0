import { beforeAll, describe, expect, it } from '@jest/globals';
import { parseChallenge } from '../support/challenge.ts';
import { DemoWebClient } from '../support/demo-web-client.ts';
import { headerOf, rawRequest } from '../support/raw-http.ts';
import { api, issuer } from '../support/running-stack.ts';

const WELL_KNOWN = '/.well-known/oauth-protected-resource';
const ID = '01956f5e-9d2b-7c41-8f6a-2f6f0f4f9b1c';
const ORDERS = ['orders:read', 'orders:write'];
const PAYMENTS = ['payments:read', 'payments:write'];

/** Follows the challenge of a refusal to the document that it names, as a client would that knows nothing else. */
async function followChallenge(answer: Response): Promise<unknown> {
  const { scheme, parameters } = parseChallenge(answer.headers.get('www-authenticate'));
  expect(scheme).toBe('Bearer');
  const response = await fetch(parameters.get('resource_metadata') ?? '');
  return response.json();
}

describe('the metadata of the API (RFC 9728)', () => {
  it('say who issues its tokens, which scopes there are, and how a token is sent (PRM-01, PRM-03)', async () => {
    const response = await fetch(`${api}${WELL_KNOWN}`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toMatch(/^application\/json\b/);
    expect(await response.json()).toEqual({
      resource: api,
      resource_name: 'Countersign demo API',
      resource_documentation: `${api}/docs`,
      authorization_servers: [issuer],
      scopes_supported: [...ORDERS, ...PAYMENTS],
      bearer_methods_supported: ['header'],
      dpop_signing_alg_values_supported: ['ES256', 'EdDSA', 'Ed25519', 'PS256', 'RS256'],
    });
  });

  it.each<[path: string, scopes: readonly string[]]>([
    ['/me', []],
    ['/orders', ORDERS],
    [`/orders/${ID}`, ORDERS],
    [`/orders/${ID}/pay`, ORDERS],
    ['/payments', PAYMENTS],
    [`/payments/${ID}/refund`, PAYMENTS],
  ])('of %s are of that resource, to the letter, with its scopes alone (PRM-01)', async (path, scopes) => {
    const response = await fetch(`${api}${WELL_KNOWN}${path}`);
    expect(await response.json()).toMatchObject({ resource: `${api}${path}`, scopes_supported: scopes });
  });

  it('may be read by a page of any origin, and kept for a while', async () => {
    const { headers } = await fetch(`${api}${WELL_KNOWN}/orders`, {
      headers: { origin: 'https://app.example' },
    });
    expect(headers.get('access-control-allow-origin')).toBe('*');
    expect(headers.get('cache-control')).toBe('public, max-age=300');
  });

  it('may be asked for by a page with headers of its own (Fetch Standard §3.3)', async () => {
    const headers = {
      origin: 'https://app.example',
      'access-control-request-method': 'GET',
      'access-control-request-headers': 'mcp-protocol-version',
    };
    const answer = await fetch(`${api}${WELL_KNOWN}/orders`, { method: 'OPTIONS', headers });
    expect(answer.status).toBe(204);
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    expect(answer.headers.get('access-control-allow-headers')).toBe('*');
  });

  it('have the configured origin in them, whatever Host and X-Forwarded-Host say (PRM-01)', async () => {
    const lines = (path: string): readonly string[] => [
      `GET ${path} HTTP/1.1`,
      'Host: evil.example',
      'X-Forwarded-Host: evil.example',
      'Forwarded: host=evil.example;proto=https',
      'Connection: close',
    ];
    const document = await rawRequest(api, lines(`${WELL_KNOWN}/orders`));
    expect(JSON.parse(document.body)).toMatchObject({ resource: `${api}/orders` });
    const refused = await rawRequest(api, lines('/orders'));
    expect(headerOf(refused, 'www-authenticate')).toContain(`resource_metadata="${api}${WELL_KNOWN}/orders"`);
  });

  it.each(['/healthz', '/docs', '/nowhere', '/ordersx', '/orders/../payments', '/orders/%2e%2e', '/'])(
    'are not there for %s',
    async (path) => {
      const answer = await rawRequest(api, [
        `GET ${WELL_KNOWN}${path} HTTP/1.1`,
        `Host: ${new URL(api).host}`,
        'Connection: close',
      ]);
      expect([answer.status, JSON.parse(answer.body)]).toEqual([
        404,
        expect.objectContaining({ status: 404 }),
      ]);
    },
  );
});

describe('a refusal', () => {
  let customer: string;
  beforeAll(async () => {
    customer = (await new DemoWebClient(issuer).logIn('customer@example.com')).access_token;
  });

  it.each<[refusal: string, path: string, request: () => RequestInit, status: number]>([
    ['of who brings no token', '/orders', () => ({}), 401],
    ['of who brings a bad one', '/payments', () => ({ headers: { authorization: 'Bearer x.y.z' } }), 401],
    [
      'of who lacks the role',
      `/payments/${ID}/capture`,
      () => ({ method: 'POST', headers: { authorization: `Bearer ${customer}` } }),
      403,
    ],
  ])(
    '%s leads to the metadata of the very URL that was used (PRM-02, PRM-04)',
    async (_who, path, request, status) => {
      const answer = await fetch(`${api}${path}`, request());
      expect(answer.status).toBe(status);
      expect(await followChallenge(answer)).toMatchObject({
        resource: `${api}${path}`,
        authorization_servers: [issuer],
      });
    },
  );

  it('of who lacks the scope names the scope besides (PRM-04)', async () => {
    const readOnly = { scope: 'openid orders:read' };
    const { access_token: token } = await new DemoWebClient(issuer).logIn('customer@example.com', readOnly);
    const answer = await fetch(`${api}/orders`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
    });
    const { parameters } = parseChallenge(answer.headers.get('www-authenticate'));
    expect([answer.status, parameters.get('scope')]).toEqual([403, 'orders:write']);
    expect(await followChallenge(answer)).toMatchObject({ resource: `${api}/orders` });
  });

  it('leads to no token of a query, which is repeated nowhere (BEA-05)', async () => {
    const answer = await fetch(`${api}/orders?access_token=canary`);
    expect(answer.headers.get('www-authenticate')).not.toContain('canary');
  });
});
