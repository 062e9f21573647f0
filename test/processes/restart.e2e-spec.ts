import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { APP_NAMES } from '../../tools/stack.ts';
import { ApiClient } from '../support/api-client.ts';
import { place, placeAndPay } from '../support/demo-orders.ts';
import { DemoWebClient } from '../support/demo-web-client.ts';
import { TestStack } from '../support/test-stack.ts';
import { tokens, type Tokens } from '../support/token-endpoint.ts';

const jwks = z.object({ keys: z.array(z.object({ kid: z.string() })) });

describe('the stack', () => {
  let stack: TestStack;
  let web: DemoWebClient;
  let login: Tokens;
  let before: unknown;
  let orderId: string;
  let paymentId: string;

  beforeAll(async () => {
    stack = await TestStack.prepare();
    await stack.start();
    web = new DemoWebClient(stack.issuer);
    login = await web.logIn('customer@example.com');
    const customer = new ApiClient(stack.api, login.access_token);
    orderId = (await place(customer)).id;
    ({ id: paymentId } = (await placeAndPay(customer)).payment);
    before = await whatIsKept();
  });

  afterAll(async () => {
    await stack.dispose();
  });

  async function kids(origin: string): Promise<readonly string[]> {
    const response = await fetch(`${origin}/.well-known/jwks.json`);
    return jwks.parse(await response.json()).keys.map(({ kid }) => kid);
  }

  /** All that a restart must not change, read with a token that the refresh token of the first login gives. */
  async function whatIsKept(): Promise<unknown> {
    login = tokens.parse((await web.refresh(login.refresh_token)).body);
    const customer = new ApiClient(stack.api, login.access_token);
    const { body: me } = await customer.get('/me');
    const { body: order } = await customer.get(`/orders/${orderId}`);
    const { body: payment } = await customer.get(`/payments/${paymentId}`);
    const keys = [await kids(stack.issuer), await kids(stack.api)];
    return { me, order, payment, keys };
  }

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'stops by %s with exit code 0 in 5 s, and starts again with keys, sessions and orders as they were',
    async (signal) => {
      // What has not ended in 5 s is killed, and has no exit code.
      const codes = await Promise.all(APP_NAMES.map((app) => stack.stack.stopApp(app, signal)));
      expect(codes).toEqual([0, 0, 0, 0]);
      await stack.start();
      expect(await whatIsKept()).toEqual(before);
    },
  );

  it('that was killed in the middle of everything starts again, with nothing lost', async () => {
    await Promise.all(APP_NAMES.map((app) => stack.stack.stopApp(app, 'SIGKILL')));
    await stack.start();
    expect(await whatIsKept()).toEqual(before);
  });

  it('lets the accounts log in after all that', async () => {
    const again = await web.logIn('merchant@example.com');
    const merchant = new ApiClient(stack.api, again.access_token);
    expect(await merchant.post(`/payments/${paymentId}/capture`)).toMatchObject({ status: 200 });
  });
});
