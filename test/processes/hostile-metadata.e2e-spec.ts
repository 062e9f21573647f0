import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect as connectTcp, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import { spiffeId } from '@countersign/auth';
import {
  forgedKeyOf,
  forgeKey,
  hostileTransactionTokens,
  TransactionTokenForge,
} from '@countersign/auth/testing';
import { CertificateAuthority } from '@countersign/platform/workload-certificates';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { clientCredentials } from '../../tools/demo/oidc-client.ts';
import { identityOf, RawPeer } from '../support/raw-peer.ts';
import { TestStack } from '../support/test-stack.ts';

const trustDomain = 'countersign.local';
const workload = spiffeId(trustDomain, 'gateway');

// The rows are made twice: here, so that the runner knows their titles, and below with the running gateway's own key.
const titles = hostileTransactionTokens(
  new TransactionTokenForge({ trustDomain, workload, key: forgeKey('ES256'), now: Date.now }),
).map(({ id, code, title }, index) => ({ id, code, title, index }));

/** `once` would reject on the error by which a refusal is told; the close comes after it. */
function closeOf(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.once('close', () => resolve());
  });
}

describe('the orders workload', () => {
  let stack: TestStack;
  let forge: TransactionTokenForge;
  let gateway: RawPeer;

  beforeAll(async () => {
    stack = await TestStack.prepare();
    await stack.start();
    const keyFile = join(stack.dataDir, 'certificates', 'gateway-signature', 'tls.key');
    const key = forgedKeyOf(readFileSync(keyFile, 'utf8'));
    forge = new TransactionTokenForge({ trustDomain, workload, key, now: Date.now });
    gateway = await connectAs('gateway');
  });

  afterAll(async () => {
    gateway.close();
    await stack.dispose();
  });

  function connectAs(name: string): Promise<RawPeer> {
    return RawPeer.connect(stack.ports.orders.main, identityOf(stack.dataDir, name));
  }

  const refused = (status: number): unknown =>
    expect.objectContaining({ status, detail: 'The call was refused.' });

  it('answers the gateway that carries a transaction token', async () => {
    const { response, err } = await gateway.request(
      'orders.list',
      { limit: 5 },
      { 'txn-token': forge.token() },
    );
    expect(err).toBeUndefined();
    expect(response).toMatchObject({ data: [] });
  });

  describe('on its port', () => {
    const attempts: readonly (readonly [title: string, connect: () => Socket])[] = [
      ['plain TCP', () => connectTcp(stack.ports.orders.main, '127.0.0.1')],
      ['TLS without a certificate', () => tls({})],
      [
        'TLS 1.2 with a good certificate',
        () => tls({ ...identityOf(stack.dataDir, 'gateway'), maxVersion: 'TLSv1.2' }),
      ],
      ['TLS with a certificate of its own authority', () => tls(foreignIdentity)],
      [
        'TLS with a certificate that is for signatures',
        () => tls(identityOf(stack.dataDir, 'gateway-signature')),
      ],
    ];
    let foreignIdentity: ConnectionOptions;

    beforeAll(async () => {
      const authority = await CertificateAuthority.fromPem(await CertificateAuthority.create(trustDomain));
      const { certificate, privateKey } = await authority.issue(workload, 'gateway', 'tls');
      foreignIdentity = { cert: certificate, key: privateKey };
    });

    function tls(options: ConnectionOptions): Socket {
      return connectTls({
        host: '127.0.0.1',
        port: stack.ports.orders.main,
        rejectUnauthorized: false,
        ...options,
      });
    }

    it.each(attempts)('answers no frame over %s (TXN-06)', async (_title, connect) => {
      const socket = connect();
      let received = '';
      socket.on('data', (chunk: Buffer) => {
        received += chunk.toString('latin1');
      });
      socket.on('error', () => undefined);
      const message = JSON.stringify({
        pattern: 'orders.list',
        data: { limit: 5 },
        id: '1',
        metadata: { 'txn-token': forge.token(), 'x-user-id': 'admin', 'x-user-role': 'admin' },
      });
      socket.write(`${message.length}#${message}`);
      await closeOf(socket);
      expect(received).not.toContain('#{');
    });
  });

  it.each([
    ['no metadata', undefined],
    ['metadata that are null', null],
    ['metadata that are text', 'txn-token'],
    ['metadata that are a list', [{ 'txn-token': 'x' }]],
    ['identity in plain headers', { 'x-user-id': 'admin', 'x-user-role': 'admin', 'x-scope': 'orders:read' }],
    ['identity by other spellings', { 'X-User-Id': 'admin', x_user_id: 'admin', user: { id: 'admin' } }],
    [
      'a principal of its own',
      { principal: { subject: 'admin', roles: ['admin'], scopes: ['orders:read'] } },
    ],
    ['a transaction token that is null', { 'txn-token': null }],
    ['a transaction token that is an object', { 'txn-token': { aud: trustDomain, sub: 'admin' } }],
    ['a transaction token that is rubbish', { 'txn-token': 'a.b.c' }],
    ['an empty transaction token', { 'txn-token': '' }],
    ['a transaction token of a million characters', { 'txn-token': 'a'.repeat(900_000) }],
    ['members of Object.prototype', { __proto__: { 'txn-token': 'x' }, constructor: 'x' }],
  ])('refuses a message with %s', async (_title, metadata) => {
    const { err, response } = await gateway.request('orders.list', { limit: 5 }, metadata);
    expect(response).toBeUndefined();
    expect(err).toEqual(refused(401));
  });

  it.each(titles)('refuses a transaction token with $title ($id)', async ({ index, code }) => {
    const token = hostileTransactionTokens(forge)[index]?.token;
    const { err, response } = await gateway.request('orders.list', { limit: 5 }, { 'txn-token': token });
    expect(response).toBeUndefined();
    expect(err).toEqual({ code, status: 401, detail: 'The call was refused.' });
  });

  it('does not take an access token for a transaction token (TXN-07)', async () => {
    const accessToken = await clientCredentials(stack.issuer, 'orders:read');
    const { err } = await gateway.request('orders.list', { limit: 5 }, { 'txn-token': accessToken });
    expect(err).toEqual(refused(401));
  });

  it('has a transaction token open nothing at the edge, though the gateway itself has signed it (TXN-07)', async () => {
    const response = await fetch(`${stack.api}/me`, {
      headers: { authorization: `Bearer ${forge.token()}` },
    });
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toContain('error="invalid_token"');
  });

  it('takes no more from a token than its scopes and roles allow', async () => {
    const place = {
      merchantId: crypto.randomUUID(),
      currency: 'EUR',
      items: [{ sku: 'x', quantity: 1, unitPrice: 1 }],
    };
    const withoutScope = forge.token({ scope: 'orders:read' });
    const { err } = await gateway.request('orders.place', place, { 'txn-token': withoutScope });
    expect(err).toEqual(refused(403));
  });

  it('refuses another workload that holds a good transaction token', async () => {
    const payments = await connectAs('payments');
    const { err } = await payments.request('orders.list', { limit: 5 }, { 'txn-token': forge.token() });
    payments.close();
    expect(err).toEqual({ code: 'workload_refused', status: 403, detail: 'The call was refused.' });
  });

  it('answers an unknown pattern exactly like a forbidden one', async () => {
    const payments = await connectAs('payments');
    const metadata = { 'txn-token': forge.token() };
    const forbidden = await payments.request('orders.list', {}, metadata);
    for (const pattern of ['orders.nothing', '', { cmd: 'x' }, ['a'], '__proto__', 'constructor']) {
      const { err } = await payments.request(pattern, {}, metadata);
      expect(err).toEqual(forbidden.err);
    }
    const anonymous = await payments.request('orders.list', {});
    expect((await payments.request('orders.nothing', {})).err).toEqual(anonymous.err);
    payments.close();
  });

  it('does not run a request handler for a frame without an id (T12)', async () => {
    const merchantId = crypto.randomUUID();
    const data = { merchantId, currency: 'EUR', items: [{ sku: 'x', quantity: 1, unitPrice: 1 }] };
    const metadata = { 'txn-token': forge.token() };
    gateway.send({ pattern: 'orders.place', data, metadata });
    gateway.send({ pattern: 'orders.place', data, metadata, id: undefined });
    await stack.linesWith('dropped a frame without an id', 2);
    const { response } = await gateway.request('orders.list', { limit: 5 }, { 'txn-token': forge.token() });
    expect(response).toMatchObject({ data: [] });
  });

  it.each([
    ['a number alone', '12345'],
    ['no number', 'abc#{}'],
    ['a negative length', '-1#{}'],
    ['what is not JSON', '5#hello'],
    ['JSON that is null', '4#null'],
    ['JSON that is a list', '2#[]'],
    ['ten thousand frames at a time', '2#{}'.repeat(10_000)],
    ['lists in lists', `20000#${'['.repeat(20_000)}`],
  ])('survives a frame of %s (T13)', async (_title, text) => {
    const attacker = await connectAs('payments');
    attacker.write(text);
    await delay(50);
    attacker.close();
    const { err } = await gateway.request('orders.list', { limit: 5 }, { 'txn-token': forge.token() });
    expect(err).toBeUndefined();
  });

  it('closes a connection that sends a frame of 200 MB, long before it is in memory (T13)', async () => {
    const attacker = await connectAs('payments');
    const closed = closeOf(attacker.socket);
    attacker.write('200000000#');
    const chunk = 'x'.repeat(1_048_576);
    let sent = 0;
    while (!attacker.socket.destroyed && attacker.socket.writable && sent < 200) {
      sent++;
      if (!attacker.socket.write(chunk)) {
        await Promise.race([once(attacker.socket, 'drain'), closed, delay(500)]);
      }
    }
    await closed;
    expect(sent).toBeLessThan(200);
    const { err } = await gateway.request('orders.list', { limit: 5 }, { 'txn-token': forge.token() });
    expect(err).toBeUndefined();
  });

  it('writes no transaction token to its log (TXN-08)', () => {
    expect(stack.lines.map(({ text }) => text).join('\n')).not.toMatch(/eyJ[\w-]+\.eyJ[\w-]+/);
  });
});

describe('the gateway', () => {
  it('is not taken in by a service with the wrong certificate', async () => {
    const stack = await TestStack.prepare((ports) => ({
      appEnvironment: { gateway: { ORDERS_ADDRESS: `localhost:${ports.payments.main}` } },
    }));
    await stack.start();
    const token = await clientCredentials(stack.issuer, 'orders:read');
    const response = await fetch(`${stack.api}/orders`, { headers: { authorization: `Bearer ${token}` } });
    expect(response.status).toBe(503);
    await stack.linesWith("the peer's certificate is not that of spiffe://countersign.local/orders", 1);
    await stack.dispose();
  });
});
