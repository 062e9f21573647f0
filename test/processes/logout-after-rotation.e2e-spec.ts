import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeProtectedHeader } from 'jose';
import { AuthReplica } from '../support/auth-replica.ts';
import { DemoWebClient, PASSWORD } from '../support/demo-web-client.ts';
import { withDatabase } from '../support/stored-data.ts';
import { TestStack } from '../support/test-stack.ts';
import { tokens } from '../support/token-endpoint.ts';
import { UserAgent } from '../support/user-agent.ts';

const PATIENCE_MS = 120_000;
const CUSTOMER = 'customer@example.com';

describe('a logout with an ID token whose key does not sign any more', () => {
  let stack: TestStack;
  let issuer: AuthReplica;
  let web: DemoWebClient;

  beforeAll(async () => {
    stack = await TestStack.prepare();
    await stack.start(['auth']);
    issuer = new AuthReplica(stack.issuer, stack.issuer);
    web = new DemoWebClient(stack.issuer);
  }, PATIENCE_MS);

  afterAll(() => stack.dispose());

  async function logIn(): Promise<{
    readonly agent: UserAgent;
    readonly hint: string;
    readonly kid: string;
  }> {
    const agent = new UserAgent(stack.issuer);
    const loginPage = await agent.open(web.authorizationUrl());
    const consentPage = await agent.submit(loginPage, '/login', { email: CUSTOMER, password: PASSWORD });
    const { url } = await agent.submit(consentPage, '/consent', { consent: 'allow' });
    const { body } = await web.exchange(url.searchParams.get('code') ?? '');
    const hint = tokens.parse(body).id_token ?? '';
    return { agent, hint, kid: decodeProtectedHeader(hint).kid ?? '' };
  }

  function logoutUrl(parameters: Readonly<Record<string, string>>): URL {
    const url = new URL('/logout', stack.issuer);
    const back = { post_logout_redirect_uri: `${stack.api}/console`, state: 'state-of-the-client' };
    url.search = new URLSearchParams({ ...back, ...parameters }).toString();
    return url;
  }

  async function isLoggedIn(agent: UserAgent): Promise<boolean> {
    return !(await agent.open(web.authorizationUrl())).text.includes('type="password"');
  }

  /** Makes the key one whose last token expired long ago, and waits for its deletion. */
  async function outlive(kid: string): Promise<void> {
    await stack.stack.stopApp('auth');
    await withDatabase(stack, 'auth', (query) =>
      query("UPDATE signing_keys SET retired_at = now() - interval '1 hour' WHERE kid = $1", [kid]),
    );
    await stack.start(['auth']);
    for (let attempt = 0; attempt < 300; attempt++) {
      if (!(await issuer.keys()).data.some((key) => key.kid === kid)) return;
      await delay(20);
    }
    throw new Error(`${kid} is not deleted`);
  }

  it(
    'leads back to the client when the key was deleted in its turn, which nothing else is verified with',
    async () => {
      const { agent, hint, kid } = await logIn();
      await issuer.change('rotate', { alg: 'RS256', emergency: true });
      await outlive(kid);
      expect(await issuer.publishedKids()).not.toContain(kid);
      const page = await agent.open(logoutUrl({ id_token_hint: hint }));
      expect(page.text).toContain('Log out?');
      const stop = await agent.submit(page, '/logout/confirm', { logout: 'yes' });
      expect(stop.url.href).toBe(`${stack.api}/console?state=state-of-the-client`);
      expect(await isLoggedIn(agent)).toBe(false);
    },
    PATIENCE_MS,
  );

  it(
    'asks the person and ends their session when the key was revoked, and leads back only with a client_id',
    async () => {
      const { agent, hint, kid } = await logIn();
      await issuer.change(`${kid}/revoke`, {});
      const withClient = await agent.open(logoutUrl({ id_token_hint: hint, client_id: 'demo-web' }));
      const stay = await agent.submit(withClient, '/logout/confirm');
      expect(stay.url.href).toBe(`${stack.api}/console?state=state-of-the-client`);
      expect(await isLoggedIn(agent)).toBe(true);
      const page = await agent.open(logoutUrl({ id_token_hint: hint }));
      expect(page.text).toContain('Log out?');
      const stop = await agent.submit(page, '/logout/confirm', { logout: 'yes' });
      expect([stop.url.origin, stop.text]).toEqual([
        stack.issuer,
        expect.stringContaining('You are logged out'),
      ]);
      expect(await isLoggedIn(agent)).toBe(false);
    },
    PATIENCE_MS,
  );
});
