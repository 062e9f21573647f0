import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { createRemoteJWKSet, decodeJwt, exportJWK, generateKeyPair, jwtVerify } from 'jose';
import { DemoBackend, type AssertionChanges } from '../support/demo-backend.ts';
import { DemoWebClient } from '../support/demo-web-client.ts';
import { TestEventStream, type PollAnswer } from '../support/event-stream.ts';
import { operator } from '../support/operator.ts';
import { api, issuer } from '../support/running-stack.ts';
import { basic, tokenRequest } from '../support/token-endpoint.ts';

/** What is outstanding of one revoked grant; the suites beside this one revoke others meanwhile. */
async function revokeGrant(): Promise<string> {
  const { access_token, refresh_token } = await new DemoWebClient(issuer).logIn('customer@example.com');
  const body = new URLSearchParams({ client_id: 'demo-web', token: refresh_token });
  await fetch(`${issuer}/revoke`, { method: 'POST', body });
  const { grant_id } = JSON.parse(Buffer.from(access_token.split('.')[1] ?? '', 'base64url').toString());
  return String(grant_id);
}

describe('the event stream', () => {
  it('delivers a signed token to the client that polls, and not as any other kind (RFC 8417 §2, RFC 8936 §2.3)', async () => {
    const grantId = await revokeGrant();
    const stream = new TestEventStream(issuer);
    const { status, headers, sets } = await stream.poll({ returnImmediately: true });
    expect(status).toBe(200);
    expect(headers.get('cache-control')).toBe('no-store');
    const [jti, token] = Object.entries(sets).find(([, set]) => payload(set).includes(grantId)) ?? ['', ''];
    const keys = createRemoteJWKSet(new URL(`${issuer}/.well-known/jwks.json`));
    const verified = await jwtVerify(token, keys, { issuer, audience: 'gateway', typ: 'secevent+jwt' });
    expect(verified.payload).toEqual({
      iss: issuer,
      aud: 'gateway',
      jti,
      iat: expect.any(Number),
      toe: expect.any(Number),
      sub_id: { format: 'opaque', id: grantId },
      events: { 'https://schemas.openid.net/secevent/oauth/event-type/tokens-revoked': {} },
    });
  });

  it('says that more is available, delivers each until it is acknowledged, and then no more (RFC 8936 §2.4)', async () => {
    await revokeGrant();
    await revokeGrant();
    const stream = new TestEventStream(issuer);
    const first = await stream.poll({ returnImmediately: true, maxEvents: 1 });
    expect(first).toMatchObject({ moreAvailable: true });
    const [jti = ''] = Object.keys(first.sets);
    expect(Object.keys((await stream.poll({ returnImmediately: true, maxEvents: 1 })).sets)).toEqual([jti]);
    expect(Object.keys((await stream.poll({ ack: [jti], maxEvents: 1 })).sets)).not.toEqual([jti]);
    const drained = await stream.drain();
    expect(drained).not.toContain(jti);
  });

  it('does not deliver again what the receiver could not use', async () => {
    await revokeGrant();
    const stream = new TestEventStream(issuer);
    const [jti = ''] = Object.keys((await stream.poll({ returnImmediately: true, maxEvents: 1 })).sets);
    const setErrs = { [jti]: { err: 'invalid_key', description: 'no such key' } };
    const { sets } = await stream.poll({ returnImmediately: true, setErrs });
    expect(Object.keys(sets)).not.toContain(jti);
  });

  it('takes acknowledgements alone, with maxEvents 0', async () => {
    expect(await new TestEventStream(issuer).poll({ maxEvents: 0, ack: [randomUUID()] })).toMatchObject({
      status: 200,
      sets: {},
      moreAvailable: false,
    });
  });

  it('ends a poll that waits when the same stream polls again', async () => {
    const stream = new TestEventStream(issuer);
    await stream.drain();
    const going = new AbortController();
    // Which of them arrives first is not said: that one ends, and the other waits on.
    const polls = [stream.poll({}, going.signal), stream.poll({}, going.signal)];
    expect(await Promise.race(polls)).toMatchObject({ status: 200 });
    going.abort();
    await Promise.allSettled(polls);
  });

  it.each<[who: string, credentials: Record<string, string>, status: number]>([
    ['nobody', {}, 401],
    ['a wrong secret', basic('gateway', 'wrong'), 401],
    ['an unknown client', basic('nobody', 'gateway-secret'), 401],
    ['a public client', basic('demo-web', ''), 401],
    ['half an escape', basic('%', '%'), 401],
    ['a client that is no resource server', basic('demo-service', 'demo-service-secret'), 403],
  ])('is not for %s', async (_who, credentials, status) => {
    const answer = await new TestEventStream(issuer, credentials).poll();
    expect(answer).toMatchObject({ status, sets: {} });
    expect(answer.headers.get('www-authenticate')?.startsWith('Basic ')).toBe(
      status === 401 ? true : undefined,
    );
  });

  it('takes a secret in the body, as the token endpoint does (RFC 6749 §2.3.1)', async () => {
    const body = { client_id: 'gateway', client_secret: 'gateway-secret', returnImmediately: true };
    expect(await new TestEventStream(issuer, {}).poll(body)).toMatchObject({ status: 200 });
    const wrong = { ...body, client_secret: 'wrong' };
    expect(await new TestEventStream(issuer, {}).poll(wrong)).toMatchObject({ status: 401, sets: {} });
  });

  it.each<[way: string, credentials: Record<string, string>, body: object]>([
    ['a secret twice', basic('gateway', 'gateway-secret'), { client_secret: 'gateway-secret' }],
    ['a secret and an assertion', basic('gateway', 'gateway-secret'), { client_assertion: 'x' }],
    [
      'the secret of one client and the id of another',
      basic('gateway', 'gateway-secret'),
      { client_id: 'x' },
    ],
  ])('refuses %s (CLI-02)', async (_way, credentials, body) => {
    expect(await new TestEventStream(issuer, credentials).poll(body)).toMatchObject({
      status: 400,
      sets: {},
    });
  });

  it.each<[what: string, body: object]>([
    ['a maxEvents below 0', { maxEvents: -1 }],
    ['an ack that is no list', { ack: 'a' }],
    ['errors without a code', { setErrs: { a: {} } }],
    ['a list', []],
  ])('refuses %s', async (_what, body) => {
    expect(await new TestEventStream(issuer).poll(body)).toMatchObject({ status: 400, sets: {} });
  });

  it.each(['short', 'x'.repeat(65), 'with%20a%20space%20in%20it'])('refuses the name %s', async (name) => {
    expect(await new TestEventStream(issuer, undefined, name).poll()).toMatchObject({ status: 400 });
  });
});

describe('a resource server with a key (private_key_jwt)', () => {
  const clientId = `listener-${randomUUID().slice(0, 8)}`;
  const claims = { iss: clientId, sub: clientId };
  let backend: DemoBackend;

  beforeAll(async () => {
    const { privateKey, publicKey } = await generateKeyPair('ES256');
    backend = new DemoBackend(issuer, privateKey);
    const admin = await operator(issuer);
    await admin.call('POST', '/clients', {
      client_id: clientId,
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: [{ ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256', use: 'sig' }] },
      resource_server: api,
    });
  });

  async function poll(changes: AssertionChanges = {}, more: object = {}): Promise<PollAnswer> {
    const { client_id: _demo, ...assertion } = await backend.authentication({
      ...changes,
      claims: { ...claims, ...changes.claims },
    });
    return new TestEventStream(issuer, {}).poll({ returnImmediately: true, ...assertion, ...more });
  }

  it('hears events that are for it', async () => {
    await revokeGrant();
    const { status, sets } = await poll({}, { client_id: clientId });
    expect(status).toBe(200);
    const audiences = Object.values(sets).map((set) => decodeJwt(set).aud);
    expect(new Set(audiences)).toEqual(new Set([clientId]));
  });

  it('uses an assertion once, here or at the token endpoint (CLI-03)', async () => {
    const assertion = await backend.authentication({ claims });
    const body = { returnImmediately: true, ...assertion, client_id: clientId };
    expect(await new TestEventStream(issuer, {}).poll(body)).toMatchObject({ status: 200 });
    expect(await new TestEventStream(issuer, {}).poll(body)).toMatchObject({ status: 401 });
    const elsewhere = await backend.authentication({ claims });
    await tokenRequest(issuer, { grant_type: 'client_credentials', ...elsewhere, client_id: clientId });
    const again = { returnImmediately: true, ...elsewhere, client_id: clientId };
    expect(await new TestEventStream(issuer, {}).poll(again)).toMatchObject({ status: 401 });
  });

  const now = Math.floor(Date.now() / 1_000);
  it.each<[deviation: string, changes: () => Promise<AssertionChanges>, more: object]>([
    ['for the address of the stream (BCP-24)', async () => ({ claims: { aud: `${issuer}/events` } }), {}],
    ['for a list of the issuer alone (BCP-24)', async () => ({ claims: { aud: [issuer] } }), {}],
    ['of another client (CLI-03)', async () => ({ claims: { iss: 'demo-backend' } }), {}],
    ['about another client (CLI-03)', async () => ({ claims: { sub: 'gateway' } }), {}],
    ['without jti (CLI-03)', async () => ({ claims: { jti: undefined } }), {}],
    ['without exp (CLI-03)', async () => ({ claims: { exp: undefined } }), {}],
    ['that has expired (CLI-03)', async () => ({ claims: { exp: now - 60 } }), {}],
    ['that lives for ten minutes (CLI-03)', async () => ({ claims: { exp: now + 600 } }), {}],
    ['of another type: an access token (CLI-03)', async () => ({ header: { typ: 'at+jwt' } }), {}],
    [
      'signed by another key (CLI-03)',
      async () => ({ key: (await generateKeyPair('ES256')).privateKey }),
      {},
    ],
    ['of an unknown type of assertion', async () => ({}), { client_assertion_type: 'x' }],
    ['that is none', async () => ({}), { client_assertion: 'x' }],
  ])('is refused with an assertion %s', async (_deviation, changes, more) => {
    expect(await poll(await changes(), more)).toMatchObject({ status: 401, sets: {} });
  });

  it('is refused with a secret', async () => {
    expect(await new TestEventStream(issuer, basic(clientId, 'x')).poll()).toMatchObject({ status: 401 });
  });
});

function payload(token: string): string {
  return Buffer.from(token.split('.')[1] ?? '', 'base64url').toString();
}
