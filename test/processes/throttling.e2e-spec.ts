import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
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

let stack: TestStack;
beforeAll(async () => {
  stack = await TestStack.prepare({ appEnvironment: { auth: { TRUST_PROXY: '127.0.0.1 ::1' } } });
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
