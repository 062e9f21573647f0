import { setTimeout as delay } from 'node:timers/promises';
import { hostileIntrospections, introspectionOf, TokenForge } from '@countersign/auth/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ApiClient, type Answer } from '../support/api-client.ts';
import { FakeIssuer } from '../support/fake-issuer.ts';
import { TestStack } from '../support/test-stack.ts';

/** What the two kinds of refusal have to say. */
const invalidToken = {
  status: 401,
  challenge: expect.stringContaining('error="invalid_token"'),
  retryAfter: null,
};
const unavailable = { status: 503, challenge: null, retryAfter: expect.stringMatching(/^[1-9]\d*$/) };
const outage = { status: 503, body: { title: 'Service Unavailable' } };
let handles = 0;

// The rows are made twice: here, so that the runner knows their titles, and below for the running issuer.
const titles = hostileIntrospections(
  new TokenForge({ issuer: 'http://localhost', audience: 'http://localhost', now: Date.now }),
).map(({ id, code, title }, index) => ({ id, code, title, index }));

let stack: TestStack;
let issuer: FakeIssuer;

async function prepare(settings: Readonly<Record<string, string>> = {}): Promise<void> {
  stack = await TestStack.prepare(async (ports) => {
    issuer = await FakeIssuer.start(`http://localhost:${ports.gateway.main}`);
    return { environment: { ISSUER: issuer.url, ...settings } };
  });
}

async function dispose(): Promise<void> {
  await stack.dispose();
  issuer.stop();
}

/** A handle that the gateway has not seen. */
function newHandle(): string {
  return `a-handle-of-the-fake-issuer-${String(++handles).padStart(6, '0')}`;
}

function me(token: string): Promise<Answer> {
  return new ApiClient(stack.api, token).get('/me');
}

function answered({ status, headers }: Answer): object {
  return {
    status,
    challenge: headers.get('www-authenticate'),
    retryAfter: headers.get('retry-after'),
  };
}

async function readiness(): Promise<number> {
  return (await fetch(`http://127.0.0.1:${stack.ports.gateway.management}/readyz`)).status;
}

describe('a gateway whose issuer says of opaque tokens what is not so', () => {
  beforeAll(async () => {
    await prepare();
    await stack.start(['gateway']);
  }, 120_000);
  afterAll(dispose);

  it('asks at the address of the discovery document, and takes an honest answer', async () => {
    issuer.introspect = (_request, response) => response.end(introspectionOf(issuer.forge));
    expect(await me(newHandle())).toMatchObject({ status: 200, body: { issuer: issuer.url } });
    expect(issuer.introspections).toBe(1);
  });

  it.each(titles)('refuses $title ($id)', async ({ index, code }) => {
    const body = hostileIntrospections(issuer.forge)[index]?.body ?? '';
    issuer.introspect = (_request, response) => response.end(body);
    const expected = code === 'introspection_unavailable' ? unavailable : invalidToken;
    expect(answered(await me(newHandle()))).toEqual(expected);
    const { status } = expected;
    const refusals = await stack.linesWith('"msg":"refused"', index + 1);
    expect(JSON.parse(refusals.at(-1)?.text ?? '')).toMatchObject({ route: 'GET /me', status, code });
  });

  it('never introspects what has a dot: a JWT that fails is not tried as something else', async () => {
    issuer.introspect = (_request, response) => response.end(introspectionOf(issuer.forge));
    const before = issuer.introspections;
    const forged = issuer.forge.accessToken().slice(0, -8);
    for (const token of [`${forged}AAAAAAAA`, 'x'.repeat(30) + '.y', `${'x'.repeat(30)}.`, 'undefined']) {
      expect(await me(token)).toMatchObject({ status: 401 });
    }
    expect(issuer.introspections).toBe(before);
  });
});

describe('a gateway that is not to introspect', () => {
  beforeAll(async () => {
    await prepare({ INTROSPECTION: 'false' });
    await stack.start(['gateway']);
  }, 120_000);
  afterAll(dispose);

  it('refuses opaque tokens without asking anyone', async () => {
    issuer.introspect = (_request, response) => response.end(introspectionOf(issuer.forge));
    expect(await me(newHandle())).toMatchObject({ status: 401 });
    expect(await me(issuer.forge.accessToken())).toMatchObject({ status: 200 });
    expect(issuer.introspections).toBe(0);
  });
});

describe('a gateway whose discovery document is that of another issuer (DIS-07, ASVS 10.5.3)', () => {
  beforeAll(() => prepare(), 120_000);
  afterAll(dispose);

  it('is not ready, and blames itself and no token, until the document is the right one', async () => {
    issuer.name = `${issuer.url}/`;
    issuer.introspect = (_request, response) => response.end(introspectionOf(issuer.forge));
    const ready = stack.start(['gateway']);
    while ((await me('x').catch(() => undefined)) === undefined) await delay(50);
    await delay(1_000); // several attempts
    expect(await readiness()).toBe(503);
    expect(await me(issuer.forge.accessToken())).toMatchObject(outage);
    expect(await me(newHandle())).toMatchObject(outage);
    expect([issuer.jwksFetches, issuer.introspections]).toEqual([0, 0]);

    issuer.name = issuer.url;
    await ready;
    expect(await me(issuer.forge.accessToken())).toMatchObject({ status: 200 });
    expect(await me(newHandle())).toMatchObject({ status: 200 });
  });
});
