import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DemoBackend } from '../support/demo-backend.ts';
import { DpopKey } from '../support/dpop-key.ts';
import { TestStack } from '../support/test-stack.ts';
import { basic, tokenRequest } from '../support/token-endpoint.ts';

/** Replicas share a PostgreSQL server; an embedded database has one process. */
const POSTGRES_URL = process.env['TEST_POSTGRES_URL'];
const CREDENTIALS = { grant_type: 'client_credentials', scope: 'orders:read' };

(POSTGRES_URL === undefined ? describe.skip : describe)(
  'at two replicas of the issuer (TEST_POSTGRES_URL)',
  () => {
    let stack: TestStack;
    let addresses: readonly string[];

    beforeAll(async () => {
      stack = await TestStack.prepare();
      await stack.start(['auth']);
      const replica = await stack.startReplica('auth');
      addresses = [stack.issuer, `http://localhost:${replica.ports.auth.main}`];
    });
    afterAll(() => stack.dispose());

    /** The same request ten times at once, five at each. @returns how many were answered with a token */
    async function successes(parameters: Record<string, string>, headers: Record<string, string>) {
      const answers = await Promise.all(
        Array.from({ length: 10 }, (_none, index) =>
          tokenRequest(addresses[index % addresses.length] ?? '', parameters, headers),
        ),
      );
      return answers.filter(({ status }) => status === 200).length;
    }

    it('a DPoP proof with the nonce of either is good once (DPO-15)', async () => {
      const key = await DpopKey.generate();
      const headersWith = async (nonce?: string) => ({
        ...basic('demo-service', 'demo-service-secret'),
        dpop: await key.proof({ method: 'POST', url: `${stack.issuer}/token`, nonce }),
      });
      for (const address of addresses) {
        const { headers } = await tokenRequest(address, CREDENTIALS, await headersWith());
        const nonce = headers.get('dpop-nonce') ?? '';
        expect(await successes(CREDENTIALS, await headersWith(nonce))).toBe(1);
      }
    });

    it('a client assertion is good once (CLI-03)', async () => {
      const backend = await DemoBackend.load(stack.issuer, stack.dataDir);
      const parameters = { ...CREDENTIALS, ...(await backend.authentication()) };
      expect(await successes(parameters, {})).toBe(1);
    });
  },
);
