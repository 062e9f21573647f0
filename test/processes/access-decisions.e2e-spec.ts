import { forgeKey } from '@countersign/auth/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ApiClient } from '../support/api-client.ts';
import { FakeIssuer } from '../support/fake-issuer.ts';
import { readMetric } from '../support/metrics.ts';
import { TestStack } from '../support/test-stack.ts';

let stack: TestStack;
let issuer: FakeIssuer;

beforeAll(async () => {
  stack = await TestStack.prepare(async (ports) => {
    issuer = await FakeIssuer.start(`http://localhost:${ports.gateway.main}`);
    return { environment: { ISSUER: issuer.url }, appEnvironment: { gateway: { CLIENT_ID: '' } } };
  });
  await stack.start(['gateway']);
}, 120_000);

afterAll(async () => {
  await stack.dispose();
  issuer.stop();
});

function metric(name: string): Promise<Readonly<Record<string, number>>> {
  return readMetric(stack.ports.gateway.management, `countersign_${name}`);
}

async function expectStatus(status: number, path: string, token?: string): Promise<void> {
  expect(await new ApiClient(stack.api, token).get(path)).toMatchObject({ status });
}

describe('the metrics of the gateway', () => {
  it('count each decision by its reason, and its time by what the token was held against', async () => {
    const token = issuer.forge.accessToken();
    await expectStatus(200, '/me', token);
    await expectStatus(200, '/me', token);
    await expectStatus(403, '/orders', issuer.forge.accessToken({ claims: { scope: '' } }));
    await expectStatus(401, '/orders');
    await expectStatus(401, '/me', issuer.forge.accessToken({ claims: { exp: 1 } }));
    await expectStatus(200, '/.well-known/jwks.json'); // public: nothing to decide
    const decisions = Object.entries(await metric('access_decisions_total')).filter(([, count]) => count > 0);
    expect(Object.fromEntries(decisions)).toEqual({
      '{reason="accepted"}': 2,
      '{reason="credentials_missing"}': 1,
      '{reason="token_expired"}': 1,
      '{reason="scope_insufficient"}': 1,
    });
    await expect(metric('access_decision_seconds_count')).resolves.toEqual({
      '{source="none"}': 1,
      '{source="cache"}': 1,
      '{source="signature"}': 3,
      '{source="introspection"}': 0,
    });
  });

  it('say how old the keys are, and what a flood of unknown kids costs the issuer', async () => {
    const stranger = forgeKey('RS256');
    for (let attempt = 0; attempt < 5; attempt++) {
      await expectStatus(401, '/me', issuer.forge.accessToken({ key: stranger }));
    }
    await expect(metric('jwks_fetches_total')).resolves.toEqual({
      '{outcome="fetched"}': issuer.jwksFetches,
      '{outcome="failed"}': 0,
    });
    const { '{outcome="spared"}': spared = 0, '{outcome="looked_up"}': lookedUp = 0 } =
      await metric('jwks_unknown_kids_total');
    expect(spared + lookedUp).toBe(5);
    expect(lookedUp).toBeLessThan(2);
    await expect(metric('jwks_keys')).resolves.toEqual({ '': 1 });
    await expect(metric('jwks_stale_seconds')).resolves.toEqual({ '': 0 });
    const { '': age = Number.NaN } = await metric('jwks_age_seconds');
    expect(age).toBeGreaterThan(0);
    expect(age).toBeLessThan(60);
  });
});
