import { beforeAll, describe, expect, it } from '@jest/globals';
import { tokenFor } from '../support/client-credentials.ts';
import { DemoWebClient } from '../support/demo-web-client.ts';
import { api, issuer } from '../support/running-stack.ts';
import { basic, serviceToken, tokens, type Tokens } from '../support/token-endpoint.ts';

const GATEWAY = basic('gateway', 'gateway-secret');
const SERVICE = basic('demo-service', 'demo-service-secret');
const OPAQUE = basic('demo-opaque', 'demo-opaque-secret');
/** The resource server whose tokens are handles; the gateway is another one. */
const LEDGER = basic('demo-ledger', 'demo-ledger-secret');
const LEDGER_RESOURCE = `${api}/demo/opaque`;
const INACTIVE = '{"active":false}';

type Headers = Readonly<Record<string, string>>;

function post(path: string, parameters: Headers, headers: Headers = {}): Promise<Response> {
  return fetch(`${issuer}${path}`, { method: 'POST', body: new URLSearchParams(parameters), headers });
}

async function introspect(token: string, credentials: Headers): Promise<string> {
  return (await post('/introspect', { token }, credentials)).text();
}

function opaqueToken(): Promise<string> {
  return tokenFor(issuer, 'demo-opaque', {});
}

/** A login whose access token is a handle for the demo's ledger. */
function logIn(web: DemoWebClient): Promise<Tokens> {
  return web.logIn('customer@example.com', { resource: LEDGER_RESOURCE, scope: 'orders:read' });
}

describe('introspection', () => {
  let token: string;

  beforeAll(async () => {
    token = await opaqueToken();
  });

  it.each<[title: string, parameters: Headers, credentials: Headers]>([
    ['no credentials', {}, {}],
    ['a wrong secret', {}, basic('gateway', 'wrong')],
    ['the secret of another client', {}, basic('gateway', 'demo-ledger-secret')],
    ['a client that is not registered', {}, basic('nobody', 'secret')],
    ['the name of a confidential client', { client_id: 'gateway' }, {}],
    ['the name of a public client, which anyone can say', { client_id: 'demo-web' }, {}],
    ['an access token', {}, { authorization: 'Bearer x' }],
  ])('answers nobody with %s (INT-01)', async (_title, parameters, credentials) => {
    const answers = await Promise.all(
      [token, 'rubbish'].map((text) => post('/introspect', { token: text, ...parameters }, credentials)),
    );
    const bodies = await Promise.all(answers.map((answer) => answer.text()));
    expect(answers.map(({ status }) => (status === 400 ? 401 : status))).toEqual([401, 401]);
    expect(bodies[0]).not.toContain('active');
    expect(bodies[1]).toBe(bodies[0]);
  });

  it('without credentials is answered 401 invalid_client (INT-01, RFC 6749 §5.2)', async () => {
    const response = await post('/introspect', { token });
    expect([response.status, await response.json()]).toEqual([401, { error: 'invalid_client' }]);
  });

  it('shows a token to the resource server that it is meant for, and is not cached (INT-03, INT-05)', async () => {
    const response = await post('/introspect', { token }, GATEWAY);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(await response.json()).toEqual({
      active: true,
      client_id: 'demo-opaque',
      sub: 'demo-opaque',
      scope: 'orders:read',
      aud: api,
      iss: issuer,
      iat: expect.any(Number),
      exp: expect.any(Number),
      token_type: 'Bearer',
    });
  });

  it('shows a token to the resource server that it is meant for, and to no other one (INT-03)', async () => {
    const handle = await tokenFor(issuer, 'demo-service', { resource: LEDGER_RESOURCE });
    expect(await introspect(handle, LEDGER)).toContain('"active":true');
    expect(await introspect(handle, GATEWAY)).toBe(INACTIVE);
    expect(await introspect(token, LEDGER)).toBe(INACTIVE);
  });

  it('shows the token of a person with their roles, and their refresh token to nobody else', async () => {
    const { access_token: handle, refresh_token: refreshToken } = await logIn(new DemoWebClient(issuer));
    expect(JSON.parse(await introspect(handle, LEDGER))).toMatchObject({
      active: true,
      client_id: 'demo-web',
      roles: ['customer'],
      aud: LEDGER_RESOURCE,
    });
    for (const credentials of [LEDGER, GATEWAY, SERVICE]) {
      expect(await introspect(refreshToken, credentials)).toBe(INACTIVE);
    }
  });

  it.each<[title: string, text: () => string | Promise<string>, credentials: Headers]>([
    ['a token of another client, to a client', () => token, SERVICE],
    ['a token that was never issued', () => 'rubbish', GATEWAY],
    ['a handle of the right length that was never issued', () => 'x'.repeat(43), GATEWAY],
    ['an empty text', () => ' ', GATEWAY],
    ['an authorization code', () => new DemoWebClient(issuer).obtainCode('customer@example.com'), GATEWAY],
    [
      'a token that was revoked',
      async () => {
        const revoked = await opaqueToken();
        await post('/revoke', { token: revoked }, OPAQUE);
        return revoked;
      },
      GATEWAY,
    ],
  ])(
    'says of %s that it is inactive, in the same bytes, and nothing else (INT-02, INT-03)',
    async (_title, text, credentials) => {
      const response = await post('/introspect', { token: await text() }, credentials);
      expect([response.status, await response.text()]).toEqual([200, INACTIVE]);
    },
  );

  it('does not know JWTs, which say themselves what they mean (INT-04)', async () => {
    const response = await post('/introspect', { token: await serviceToken(issuer) }, GATEWAY);
    expect([response.status, await response.json()]).toMatchObject([
      400,
      { error: 'unsupported_token_type' },
    ]);
  });

  it.each<[title: string, request: RequestInit]>([
    ['from a query', { headers: GATEWAY }],
    ['from the query of a POST', { method: 'POST', headers: GATEWAY }],
    [
      'from JSON',
      {
        method: 'POST',
        headers: { ...GATEWAY, 'content-type': 'application/json' },
        body: JSON.stringify({ token: 'x' }),
      },
    ],
  ])('takes no token %s (INT-05)', async (_title, request) => {
    const response = await fetch(`${issuer}/introspect?token=${token}`, request);
    expect([400, 404]).toContain(response.status);
    expect(await response.text()).not.toContain('active');
  });
});

describe('revocation', () => {
  it('ends a token of the client itself', async () => {
    const token = await opaqueToken();
    const response = await post('/revoke', { token }, OPAQUE);
    expect([response.status, await response.text()]).toEqual([200, '']);
    expect(await introspect(token, OPAQUE)).toBe(INACTIVE);
  });

  it.each<[title: string, credentials: Headers]>([
    ['no credentials', {}],
    ['a wrong secret', basic('demo-opaque', 'wrong')],
  ])('does nothing with %s (REV-01)', async (_title, credentials) => {
    const token = await opaqueToken();
    expect([400, 401]).toContain((await post('/revoke', { token }, credentials)).status);
    expect(await introspect(token, OPAQUE)).toContain('"active":true');
  });

  it.each<[who: string, parameters: Headers, credentials: Headers]>([
    ['another client', {}, SERVICE],
    ['the resource server', {}, GATEWAY],
    ['a public client', { client_id: 'demo-web' }, {}],
  ])(
    'by %s leaves a token alone, and says no more than it says of rubbish (REV-01, REV-02, REV-06)',
    async (_who, parameters, credentials) => {
      const token = await opaqueToken();
      const [answer, rubbish] = await Promise.all(
        [token, 'rubbish'].map((text) => post('/revoke', { token: text, ...parameters }, credentials)),
      );
      expect([answer?.status, await answer?.text()]).toEqual([200, '']);
      expect([rubbish?.status, await rubbish?.text()]).toEqual([200, '']);
      expect(await introspect(token, OPAQUE)).toContain('"active":true');
    },
  );

  it("by another client leaves a person's refresh token alone (REV-01)", async () => {
    const web = new DemoWebClient(issuer);
    const { refresh_token: refreshToken } = await logIn(web);
    await post('/revoke', { token: refreshToken }, SERVICE);
    expect((await web.refresh(refreshToken)).status).toBe(200);
  });

  it('of a refresh token ends the access tokens of its family at once (REV-03)', async () => {
    const web = new DemoWebClient(issuer);
    const first = await logIn(web);
    const second = tokens.parse((await web.refresh(first.refresh_token)).body);
    for (const { access_token: token } of [first, second]) {
      expect(await introspect(token, LEDGER)).toContain('"active":true');
    }
    await post('/revoke', { client_id: 'demo-web', token: second.refresh_token });
    for (const { access_token: token } of [first, second]) {
      expect(await introspect(token, LEDGER)).toBe(INACTIVE);
    }
  });

  it('of a JWT is not supported, and says so (REV-04)', async () => {
    const response = await post('/revoke', { token: await serviceToken(issuer) }, SERVICE);
    expect([response.status, await response.json()]).toMatchObject([
      400,
      { error: 'unsupported_token_type' },
    ]);
  });

  it.each(['access_token', 'refresh_token', 'id_token', 'rubbish'])(
    'ends a refresh token although the hint says %s (REV-05)',
    async (hint) => {
      const web = new DemoWebClient(issuer);
      const { refresh_token: refreshToken } = await web.logIn('customer@example.com');
      const parameters = { client_id: 'demo-web', token: refreshToken, token_type_hint: hint };
      expect((await post('/revoke', parameters)).status).toBe(200);
      expect(await web.refresh(refreshToken)).toMatchObject({
        status: 400,
        body: { error: 'invalid_grant' },
      });
    },
  );

  it('ends a handle although the hint says refresh_token (REV-05)', async () => {
    const token = await opaqueToken();
    await post('/revoke', { token, token_type_hint: 'refresh_token' }, OPAQUE);
    expect(await introspect(token, OPAQUE)).toBe(INACTIVE);
  });
});

describe('introspection of many handles', () => {
  it('are no longer called inactive once they are too many, while what is active is active still (INT-07)', async () => {
    const handle = await tokenFor(issuer, 'demo-service', { resource: LEDGER_RESOURCE });
    const statuses = new Map<number, number>();
    for (let round = 0; round < 60; round++) {
      const answers = await Promise.all(
        Array.from({ length: 20 }, async () =>
          post('/introspect', { token: crypto.randomUUID().repeat(2) }, LEDGER),
        ),
      );
      for (const answer of answers) {
        statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
        expect(await answer.text()).not.toContain('"active":true');
      }
    }
    expect(new Set(statuses.keys())).toEqual(new Set([200, 429]));
    expect(statuses.get(200)).toBeLessThan(1_100);
    const refused = await post('/introspect', { token: crypto.randomUUID().repeat(2) }, LEDGER);
    expect([refused.status, await refused.json()]).toEqual([429, { error: 'temporarily_unavailable' }]);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await introspect(handle, LEDGER)).toContain('"active":true');
    expect(await introspect('rubbish', SERVICE)).toBe(INACTIVE);
  }, 60_000);
});
