import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { TestStack } from '../support/test-stack.ts';
import { serviceToken } from '../support/token-endpoint.ts';

describe('a connection to orders that went dead without a word', () => {
  let stack: TestStack;
  let proxy: TcpProxy;
  let token: string;

  beforeAll(async () => {
    stack = await TestStack.prepare(async (ports) => {
      proxy = await TcpProxy.start({ hostname: '127.0.0.1', port: ports.orders.main });
      return { appEnvironment: { gateway: { ORDERS_ADDRESS: proxy.address } } };
    });
    await stack.start(['auth', 'gateway', 'orders']);
    token = await serviceToken(stack.issuer);
  });

  afterAll(async () => {
    await stack.dispose();
    proxy.stop();
  });

  function getOrders(): Promise<Response> {
    return fetch(`${stack.api}/orders`, { headers: { authorization: `Bearer ${token}` } });
  }

  it('costs the call that meets it, within two seconds, and no other (F17)', async () => {
    expect((await getOrders()).status).toBe(200);
    proxy.freezeConnections();
    const began = performance.now();
    expect((await getOrders()).status).toBe(503);
    expect(performance.now() - began).toBeLessThan(2_000);
    expect((await getOrders()).status).toBe(200);
  });
});
