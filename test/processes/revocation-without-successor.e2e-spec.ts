import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { AuthReplica } from '../support/auth-replica.ts';
import { TestStack } from '../support/test-stack.ts';
import { basic, tokenRequest } from '../support/token-endpoint.ts';

const PATIENCE_MS = 120_000;

describe('a signing key that is revoked with no successor announced', () => {
  let stack: TestStack;
  let issuer: AuthReplica;

  beforeEach(async () => {
    stack = await TestStack.prepare();
    await stack.start(['auth']);
    issuer = new AuthReplica(stack.issuer, stack.issuer);
  }, PATIENCE_MS);

  afterEach(() => stack.dispose());

  async function signing(): Promise<string | undefined> {
    const { data } = await issuer.keys();
    return data.find(({ alg, state }) => alg === 'RS256' && state === 'signing')?.kid;
  }

  /** Withdraws what the schedule has announced. @returns the key that signs, and that nothing will follow */
  async function lonelyKey(): Promise<string> {
    const { data } = await issuer.keys();
    const next = data.find(({ alg, state }) => alg === 'RS256' && state === 'announced');
    if (next !== undefined) await issuer.change(`${next.kid}/retire`, {});
    return (await signing()) ?? '';
  }

  const requestToken = () =>
    tokenRequest(
      stack.issuer,
      { grant_type: 'client_credentials', scope: 'orders:read' },
      basic('demo-service', 'demo-service-secret'),
    );

  it(
    'is gone at once, and requests are answered 503 until the next one signs, and never 500',
    async () => {
      const stolen = await lonelyKey();
      const answered = new AbortController();
      const revocation = issuer.change(`${stolen}/revoke`, {}).finally(() => answered.abort());
      const refusals: unknown[] = [];
      let goneBeforeAnswer = false;
      for (let attempt = 0; attempt < 2_000 && !answered.signal.aborted; attempt++) {
        const { status, headers, body } = await requestToken();
        if (status === 200) continue;
        refusals.push({ status, body, retryAfter: headers.get('retry-after') });
        // The answer comes when the next key is made; the revoked one does not wait for that.
        goneBeforeAnswer ||= !(await issuer.publishedKids()).includes(stolen) && !answered.signal.aborted;
      }
      const { changes, warning } = await revocation;
      expect(changes.map(({ state }) => state)).toEqual(['revoked', 'signing']);
      expect(warning).toMatch(/signs before every verifier can know it/);
      const unavailable = {
        status: 503,
        body: { error: 'temporarily_unavailable' },
        retryAfter: expect.stringMatching(/^[1-9]\d*$/),
      };
      expect(refusals).toEqual(refusals.map(() => unavailable));
      expect(goneBeforeAnswer).toBe(true);
      expect((await requestToken()).status).toBe(200);
      expect(await signing()).toBe(changes[1]?.kid);
    },
    PATIENCE_MS,
  );

  it(
    'is followed after a restart when the issuer was killed before that (F08)',
    async () => {
      const stolen = await lonelyKey();
      const revocation = issuer.change(`${stolen}/revoke`, {}).catch(() => 'killed');
      for (let attempt = 0; attempt < 500; attempt++) {
        if (!(await issuer.publishedKids()).includes(stolen)) break;
        await delay(5);
      }
      await stack.stack.stopApp('auth', 'SIGKILL');
      await revocation;
      await stack.start(['auth']);
      expect(await issuer.publishedKids()).not.toContain(stolen);
      for (let attempt = 0; attempt < 100 && (await requestToken()).status !== 200; attempt++)
        await delay(100);
      const kid = await signing();
      expect(kid).toBeDefined();
      expect(kid).not.toBe(stolen);
    },
    PATIENCE_MS,
  );
});
