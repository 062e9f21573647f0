import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ApiClient } from '../support/api-client.ts';
import { TestStack } from '../support/test-stack.ts';
import { DemoWebClient } from '../support/demo-web-client.ts';

let stack: TestStack;

beforeAll(async () => {
  stack = await TestStack.prepare();
  await stack.start();
}, 120_000);

afterAll(async () => {
  await stack.dispose();
});

describe('a gateway', () => {
  it('verifies the signature of an access token once, and refuses a forgery of it each time', async () => {
    const token = (await new DemoWebClient(stack.issuer).logIn('customer@example.com')).access_token;
    for (let request = 0; request < 3; request++) await expectStatus(token, 200);
    await expect(lookups()).resolves.toEqual({ hit: 2, miss: 1 });
    const [header = '', claims = ''] = token.split('.');
    for (let request = 0; request < 2; request++) {
      await expectStatus(`${header}.${claims}.${'A'.repeat(512)}`, 401);
    }
    await expect(lookups()).resolves.toEqual({ hit: 2, miss: 3 });
  });
});

async function expectStatus(token: string, expected: number): Promise<void> {
  const { status } = await new ApiClient(stack.api, token).get('/me');
  expect(status).toBe(expected);
}

/** What the gateway says of its look-ups since its start. */
async function lookups(): Promise<Readonly<Record<string, number>>> {
  const response = await fetch(`http://127.0.0.1:${stack.ports.gateway.management}/metrics`);
  const lines = (await response.text()).matchAll(
    /^countersign_verified_token_lookups_total\{outcome="(\w+)"\} (\d+)$/gm,
  );
  return Object.fromEntries([...lines].map(([, name = '', count]) => [name, Number(count)]));
}
