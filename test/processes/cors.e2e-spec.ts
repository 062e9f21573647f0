import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { FakeIssuer } from '../support/fake-issuer.ts';
import { TestStack } from '../support/test-stack.ts';

const LISTED = 'https://app.example';

let stack: TestStack;
let issuer: FakeIssuer;

beforeAll(async () => {
  stack = await TestStack.prepare(async (ports) => {
    issuer = await FakeIssuer.start(`http://localhost:${ports.gateway.main}`);
    return { environment: { ISSUER: issuer.url, CORS_ORIGINS: `${LISTED} http://localhost:5173` } };
  });
  await stack.start(['gateway']);
}, 120_000);

afterAll(async () => {
  await stack.dispose();
  issuer.stop();
});

function corsHeaders({ headers }: Response): Readonly<Record<string, string>> {
  return Object.fromEntries([...headers].filter(([name]) => name.startsWith('access-control-')));
}

function preflight(path: string, origin: string): Promise<Response> {
  const headers = {
    origin,
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'authorization,content-type,x-admin',
  };
  return fetch(`${stack.api}${path}`, { method: 'OPTIONS', headers });
}

describe('a gateway with CORS_ORIGINS', () => {
  it('lets a script of a listed origin ask with a token', async () => {
    const answer = await preflight('/orders', LISTED);
    expect([answer.status, corsHeaders(answer)]).toEqual([
      204,
      {
        'access-control-allow-origin': LISTED,
        'access-control-allow-methods': 'GET, HEAD, POST',
        'access-control-allow-headers': 'Authorization, Content-Type, DPoP, Idempotency-Key',
        'access-control-expose-headers': 'DPoP-Nonce, Location, Retry-After, WWW-Authenticate',
        'access-control-max-age': '600',
      },
    ]);
  });

  it.each<[answer: string, token: () => string, status: number]>([
    ['an answer', () => issuer.forge.accessToken(), 200],
    ['a refusal and its challenge', () => 'x.y.z', 401],
  ])('lets it read %s, and no cache give that to another origin', async (_answer, token, status) => {
    const headers = { origin: LISTED, authorization: `Bearer ${token()}` };
    const answer = await fetch(`${stack.api}/me`, { headers });
    expect(answer.status).toBe(status);
    expect(corsHeaders(answer)).toEqual({
      'access-control-allow-origin': LISTED,
      'access-control-expose-headers': 'DPoP-Nonce, Location, Retry-After, WWW-Authenticate',
    });
    expect(answer.headers.get('vary')).toContain('Origin');
  });

  it.each([
    'https://evil.example',
    'http://app.example',
    'https://app.example:8443',
    'https://app.example.evil.example',
    'https://sub.app.example',
    'null',
  ])('has no word for a script of %s', async (origin) => {
    const refused = await preflight('/orders', origin);
    expect([refused.status, corsHeaders(refused)]).toEqual([404, {}]);
    const headers = { origin, authorization: `Bearer ${issuer.forge.accessToken()}` };
    const answer = await fetch(`${stack.api}/me`, { headers });
    expect(corsHeaders(answer)).toEqual({});
  });

  it('never lets a browser send its own credentials along', async () => {
    const answer = await preflight('/orders', LISTED);
    expect(answer.headers.has('access-control-allow-credentials')).toBe(false);
  });

  it.each([LISTED, 'https://evil.example'])(
    'shows the metadata to everyone, as to a script of %s',
    async (origin) => {
      const path = '/.well-known/oauth-protected-resource/orders';
      for (const answer of [
        await preflight(path, origin),
        await fetch(`${stack.api}${path}`, { headers: { origin } }),
      ]) {
        expect(corsHeaders(answer)).toMatchObject({ 'access-control-allow-origin': '*' });
      }
    },
  );
});
