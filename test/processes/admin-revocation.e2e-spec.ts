import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TestEventStream } from '../support/event-stream.ts';
import { AdminCaller, logInTo, operator, publicClient } from '../support/operator.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { TestStack } from '../support/test-stack.ts';
import { basic, serviceToken, tokenRequest, type Tokens } from '../support/token-endpoint.ts';

const POSTGRES_URL = process.env['TEST_POSTGRES_URL'];
/** Two replicas share no embedded database, and an embedded database cannot be out of reach. */
const onPostgres = POSTGRES_URL === undefined ? describe.skip : describe;

const ADMIN = '6f1c2a54-0f3b-4d0e-9a57-1d0b1c7e0004';
const SCOPE = 'openid offline_access clients:admin accounts:admin';

let proxy: TcpProxy | undefined;
let stack: TestStack;
let admin: AdminCaller;

beforeAll(async () => {
  proxy = POSTGRES_URL === undefined ? undefined : await TcpProxy.start(new URL(POSTGRES_URL));
  stack = await TestStack.prepare(proxy && { postgresAddress: proxy.address });
  await stack.start(['auth']);
  admin = await operator(stack.issuer);
  await admin.call('POST', '/clients', publicClient('console', SCOPE));
}, 120_000);

afterAll(async () => {
  await stack.dispose();
  proxy?.stop();
});

/** An administrator who has logged in to the administrators' client. */
function logIn(): Promise<Tokens> {
  return logInTo(stack.issuer, 'console', 'admin@example.com', {
    scope: SCOPE,
    resource: `${stack.issuer}/admin`,
  });
}

const ENDINGS: readonly [how: string, end: (login: Tokens) => Promise<unknown>][] = [
  ['he is signed out everywhere', () => admin.call('POST', `/accounts/${ADMIN}/sign-out`)],
  [
    'his account is disabled, also when it is enabled again,',
    async () => {
      await admin.call('POST', `/accounts/${ADMIN}/disable`);
      await admin.call('POST', `/accounts/${ADMIN}/enable`);
    },
  ],
  [
    'the client is disabled, also when it is enabled again,',
    async () => {
      await admin.call('POST', '/clients/console/disable');
      await admin.call('POST', '/clients/console/enable');
    },
  ],
  [
    'his grant is revoked',
    ({ refresh_token: token }) => {
      const body = new URLSearchParams({ client_id: 'console', token });
      return fetch(`${stack.issuer}/revoke`, { method: 'POST', body });
    },
  ],
];

describe("an administrator's token is refused at once (401)", () => {
  it.each(ENDINGS)('when %s', async (_how, end) => {
    const login = await logIn();
    const person = new AdminCaller(stack.issuer, login.access_token);
    expect(await person.call('GET', '/clients')).toMatchObject({ status: 200 });
    await end(login);
    const answer = await person.call('GET', '/clients');
    expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([
      401,
      expect.stringContaining('invalid_token'),
    ]);
    await delay(1_500); // the second whose tokens end is over
  });
});

onPostgres('with two replicas (TEST_POSTGRES_URL)', () => {
  it.each(ENDINGS)("an administrator's token is refused at once by both when %s", async (_how, end) => {
    const replica = await stack.startReplica('auth');
    const login = await logIn();
    const issuers = [stack.issuer, `http://localhost:${replica.ports.auth.main}`];
    const statuses = async () => {
      const callers = issuers.map((issuer) => new AdminCaller(issuer, login.access_token));
      return Promise.all(callers.map(async (caller) => (await caller.call('GET', '/clients')).status));
    };
    expect(await statuses()).toEqual([200, 200]);
    await end(login);
    expect(await statuses()).toEqual([401, 401]);
    await replica.stop();
    await delay(1_500);
  });
});

onPostgres('while the database is away (TEST_POSTGRES_URL)', () => {
  let login: Tokens;
  let subjectToken: string;

  beforeAll(async () => {
    login = await logIn();
    subjectToken = await serviceToken(stack.issuer);
    proxy?.cut();
  });
  afterAll(() => proxy?.mend());

  it('the admin API blames itself and not the token', async () => {
    const { status, headers } = await new AdminCaller(stack.issuer, login.access_token).call(
      'GET',
      '/clients',
    );
    expect([status, headers.get('www-authenticate')]).toEqual([503, null]);
    expect(headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
  });

  it('so do the event stream, and an exchange of tokens', async () => {
    const poll = await new TestEventStream(stack.issuer).poll({ returnImmediately: true });
    expect([poll.status, poll.headers.get('retry-after')]).toEqual([
      503,
      expect.stringMatching(/^[1-9]\d*$/),
    ]);
    const exchange = {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: subjectToken,
      subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    };
    const credentials = basic('demo-exchange', 'demo-exchange-secret');
    expect(await tokenRequest(stack.issuer, exchange, credentials)).toMatchObject({
      status: 503,
      body: { error: 'temporarily_unavailable' },
    });
  });
});
