import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { requestAs, tokenFor } from '../support/client-credentials.ts';
import { BACKEND_ID, DemoBackend } from '../support/demo-backend.ts';
import { DemoWebClient, PASSWORD } from '../support/demo-web-client.ts';
import { currentNonce, DpopKey, seconds } from '../support/dpop-key.ts';
import { dump } from '../support/stored-data.ts';
import { TestStack } from '../support/test-stack.ts';
import { basic, tokenRequest } from '../support/token-endpoint.ts';
import { UserAgent, type Stop } from '../support/user-agent.ts';

const CLOCK = join(import.meta.dirname, '..', 'support', 'shifted-clock.mjs');
/** A minute more than a person has for a form, which is the longest of what is made here. */
const LATER_SECONDS = 31 * 60;
const CUSTOMER = 'customer@example.com';
const LEDGER = basic('demo-ledger', 'demo-ledger-secret');

const pushed = z.object({ request_uri: z.string() });
const device = z.object({ device_code: z.string() });

let stack: TestStack;
let web: DemoWebClient;
let stored: string;
let before: { readonly introspection: string; readonly loggedOut: URL };
let made: {
  readonly requestUri: string;
  readonly code: string;
  readonly handle: string;
  readonly deviceCode: string;
  readonly nonce: string;
  readonly agent: UserAgent;
  readonly loginPage: Stop;
};

function post(path: string, fields: Readonly<Record<string, string>>, headers: Record<string, string> = {}) {
  return fetch(`${stack.issuer}${path}`, { method: 'POST', body: new URLSearchParams(fields), headers });
}

const introspect = async (token: string) => (await post('/introspect', { token }, LEDGER)).text();

/** Someone who never logged in logs out. */
async function strangerLogsOut(): Promise<Stop> {
  const agent = new UserAgent(stack.issuer);
  const page = await agent.open(new URL('/logout', stack.issuer));
  return agent.submit(page, '/logout/confirm', { logout: 'yes' });
}

beforeAll(async () => {
  stack = await TestStack.prepare({ appEnvironment: { auth: { NODE_OPTIONS: `--import ${CLOCK}` } } });
  await stack.start(['auth']);
  web = new DemoWebClient(stack.issuer);
  const backend = await DemoBackend.load(stack.issuer, stack.dataDir);
  const agent = new UserAgent(stack.issuer);
  const { body } = await backend.push(web.authorizationUrl({ client_id: BACKEND_ID }));
  const answer = await post('/device_authorization', { client_id: 'demo-web', scope: 'openid' });
  made = {
    requestUri: pushed.parse(body).request_uri,
    code: await web.obtainCode(CUSTOMER),
    handle: await tokenFor(stack.issuer, 'demo-service', { resource: `${stack.api}/demo/opaque` }),
    deviceCode: device.parse(await answer.json()).device_code,
    nonce: await currentNonce(stack.issuer),
    agent,
    loginPage: await agent.open(web.authorizationUrl()),
  };
  before = { introspection: await introspect(made.handle), loggedOut: (await strangerLogsOut()).url };
  await stack.stack.stopApp('auth');
  stored = await dump(stack, 'auth');
  writeFileSync(join(stack.dataDir, 'clock-shift'), String(LATER_SECONDS * 1_000));
  await stack.start(['auth']);
});
afterAll(() => stack.dispose());

describe('after its time', () => {
  it('a pushed authorization request leads nowhere (CLI-04)', async () => {
    const url = new URL('/authorize', stack.issuer);
    url.search = new URLSearchParams({ client_id: BACKEND_ID, request_uri: made.requestUri }).toString();
    const stop = await new UserAgent(stack.issuer).open(url);
    expect([stop.url.origin, stop.text]).toEqual([
      stack.issuer,
      expect.stringContaining('invalid_request_uri'),
    ]);
  });

  it('a code is not exchanged', async () => {
    expect(await web.exchange(made.code)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
  });

  it('a handle is inactive, in the bytes of one that never was (INT-02)', async () => {
    expect(before.introspection).toContain('"active":true');
    expect([await introspect(made.handle), await introspect('never-issued')]).toEqual([
      '{"active":false}',
      '{"active":false}',
    ]);
  });

  it('a device code gives nothing (RFC 8628 §3.5)', async () => {
    const parameters = {
      grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
      client_id: 'demo-web',
      device_code: made.deviceCode,
    };
    expect(await tokenRequest(stack.issuer, parameters)).toMatchObject({
      status: 400,
      body: { error: expect.stringMatching(/^(?:expired_token|invalid_grant)$/) },
    });
  });

  it('a nonce is answered with the one to use (DPO-10)', async () => {
    const key = await DpopKey.generate();
    const send = async (nonce: string) => {
      const request = { method: 'POST', url: `${stack.issuer}/token`, nonce };
      const dpop = await key.proof(request, { claims: { iat: seconds() + LATER_SECONDS } });
      const headers = { ...basic('demo-service', 'demo-service-secret'), dpop };
      return tokenRequest(stack.issuer, { grant_type: 'client_credentials', scope: 'orders:read' }, headers);
    };
    const refused = await send(made.nonce);
    expect([refused.status, refused.body]).toMatchObject([400, { error: 'use_dpop_nonce' }]);
    expect((await send(refused.headers.get('dpop-nonce') ?? '')).status).toBe(200);
  });

  it('a login page logs nobody in', async () => {
    const { agent, loginPage } = made;
    const fields = new URLSearchParams({ email: CUSTOMER, password: PASSWORD });
    expect((await agent.post(loginPage, '/login', fields)).status).toBe(404);
  });

  it('a client gets new tokens', async () => {
    const parameters = { grant_type: 'client_credentials', scope: 'orders:read' };
    expect((await requestAs(stack.issuer, 'demo-service', parameters)).status).toBe(200);
  });
});

describe('the database of the issuer', () => {
  it.each([
    ['the secret of a client', 'demo-service-secret'],
    ['the secret of a resource server', 'gateway-secret'],
    ['the secret of the operator', 'admin-demo-secret'],
    ['the password of an account', PASSWORD],
  ])('does not have %s (BCP-13)', (_what, secret) => {
    expect(stored).toContain('demo-service');
    expect(stored).not.toContain(secret);
  });

  it('keeps no record of the logout of a stranger, who could have any number of them', () => {
    expect(before.loggedOut.pathname).toBe('/logout/success');
    expect(stored).toContain('Interaction');
    expect(stored).not.toContain('EndedSession');
  });
});
