import { DemoWebClient } from '../../test/support/demo-web-client.ts';
import { TestStack } from '../../test/support/test-stack.ts';
import { ONE_CORE_NODE_OPTIONS, SCOPE, type Algorithm, type IssuerUnderTest } from './issuer-under-test.ts';

/** apps/auth as it is built, on a PostgreSQL database of its own, as it would log in production. */
export async function startOurIssuer(algorithm: Algorithm): Promise<IssuerUnderTest> {
  const stack = await TestStack.prepare({
    environment: { ACCESS_TOKEN_ALGORITHM: algorithm, LOG_LEVEL: 'info', REQUESTS_PER_NETWORK: '1000000' },
    nodeOptions: ONE_CORE_NODE_OPTIONS,
  });
  await stack.start(['auth']);
  const web = new DemoWebClient(stack.issuer);
  return {
    url: stack.issuer,
    pid: stack.stack.process('auth').pid ?? 0,
    refreshTokens: async (count) => {
      const tokens: string[] = [];
      for (let login = 0; login < count; login++) {
        tokens.push((await web.logIn('customer@example.com', { scope: SCOPE })).refresh_token);
      }
      return tokens;
    },
    stop: () => stack.dispose(),
  };
}
