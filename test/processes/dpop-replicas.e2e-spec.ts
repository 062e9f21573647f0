import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { ProofForge } from '@countersign/auth/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ApiClient } from '../support/api-client.ts';
import { tokenBoundTo } from '../support/bound-tokens.ts';
import { DpopClient } from '../support/dpop-client.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { TestStack } from '../support/test-stack.ts';
import { serviceToken } from '../support/token-endpoint.ts';

/** A Redis that the suite may write to. */
const REDIS_URL = process.env['TEST_REDIS_URL'];
/** For an answer of a gateway that waits for Redis in vain, on a machine that does other things besides. */
const QUICK_MS = 1_000;

if (REDIS_URL === undefined) process.stderr.write('SKIPPED: TEST_REDIS_URL is not set\n');

(REDIS_URL === undefined ? describe.skip : describe)('two gateways that share Redis (TEST_REDIS_URL)', () => {
  let stack: TestStack;
  let redis: TcpProxy;
  let client: DpopClient;
  let replica: string;

  beforeAll(async () => {
    const url = new URL(REDIS_URL ?? '');
    redis = await TcpProxy.start({ hostname: url.hostname, port: url.port || 6_379 });
    url.host = redis.address;
    const DPOP_NONCE_KEYS = randomBytes(32).toString('base64url');
    stack = await TestStack.prepare({
      appEnvironment: { gateway: { REDIS_URL: url.href, DPOP_NONCE_KEYS } },
    });
    await stack.start(['auth', 'gateway']);
    replica = `http://localhost:${(await stack.startReplica('gateway')).ports.gateway.main}`;
    const forge = new ProofForge(Date.now);
    client = new DpopClient(forge, await tokenBoundTo(forge, stack.issuer), stack.api);
    await client.call(); // it learns the nonce
  }, 120_000);
  afterAll(async () => {
    await stack.dispose();
    redis.stop();
  });

  /** Sends a request, and says what came of it and how long that took. */
  async function timed(send: () => Promise<Response>): Promise<object> {
    const startedAt = performance.now();
    const { status, headers } = await send();
    return {
      status,
      isQuick: performance.now() - startedAt < QUICK_MS,
      retryAfter: headers.get('retry-after'),
      challenge: headers.get('www-authenticate'),
    };
  }
  const unavailable = {
    status: 503,
    isQuick: true,
    retryAfter: expect.stringMatching(/^\d+$/),
    challenge: null,
  };

  /** Bearer tokens need no Redis. */
  async function expectBearerGoesOn(): Promise<void> {
    const token = await serviceToken(stack.issuer);
    expect((await new ApiClient(stack.api, token).get('/me')).status).toBe(200);
  }

  it('take the nonces of each other', async () => {
    expect((await client.call({ at: replica })).status).toBe(200);
    expect((await client.call()).status).toBe(200);
  });

  it('take a proof once, at whichever it was first (DPO-15)', async () => {
    const proof = client.proof();
    expect((await client.send(proof)).status).toBe(200);
    const replayed = await client.send(proof, { at: replica });
    expect(replayed.status).toBe(401);
    expect(replayed.headers.get('www-authenticate')).toMatch(/^DPoP .*error="invalid_dpop_proof"/);
  });

  it('take one of twenty requests with one proof at once, ten at each (DPO-15)', async () => {
    const proof = client.proof();
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_none, index) =>
        client.send(proof, { at: index % 2 ? replica : stack.api }),
      ),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(19);
  });

  it('take no proof while Redis is away, say so at once, and go on with bearer tokens (F15)', async () => {
    redis.cut();
    for (const at of [stack.api, replica]) {
      expect(await timed(() => client.send(client.proof(), { at }))).toEqual(unavailable);
    }
    await expectBearerGoesOn();
    expect(await up()).toBe('0');
    redis.mend();
    await untilTaken();
    expect(await up()).toBe('1');
  });

  it('take no proof while Redis is silent, and find it when it answers again (F15)', async () => {
    redis.freezeConnections();
    expect(await timed(() => client.call())).toEqual(unavailable);
    await expectBearerGoesOn();
    await untilTaken();
  });

  it('take no proof again that they took before Redis was away', async () => {
    const proof = client.proof();
    expect((await client.send(proof)).status).toBe(200);
    redis.cut();
    redis.mend();
    await untilTaken();
    expect((await client.send(proof)).status).toBe(401);
  });

  async function untilTaken(): Promise<void> {
    const deadline = Date.now() + 10_000;
    while ((await client.call()).status !== 200) {
      if (Date.now() > deadline) throw new Error('Redis was not found again');
      await delay(50);
    }
  }

  async function up(): Promise<string | undefined> {
    const response = await fetch(`http://127.0.0.1:${stack.ports.gateway.management}/metrics`);
    return /^countersign_redis_up (\d)$/m.exec(await response.text())?.[1];
  }
});
