import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeProtectedHeader } from 'jose';
import { z } from 'zod';
import { AuthReplica } from '../support/auth-replica.ts';
import { ChangingSettings } from '../support/changing-settings.ts';
import { DemoWebClient, PASSWORD } from '../support/demo-web-client.ts';
import { operator, publicClient } from '../support/operator.ts';
import { TestStack } from '../support/test-stack.ts';
import { tokens } from '../support/token-endpoint.ts';
import { UserAgent, type Stop } from '../support/user-agent.ts';

const PATIENCE_MS = 120_000;
const CUSTOMER = 'customer@example.com';
const UNAVAILABLE = { status: 503, body: { error: 'temporarily_unavailable' } };

const metadata = z.looseObject({ id_token_signing_alg_values_supported: z.array(z.string()) });

const folder = mkdtempSync(join(tmpdir(), 'countersign-'));
const settings = new ChangingSettings(folder);
const environment = settings.set({ SIGNING_ALGORITHMS: 'RS256 PS256 ES256 EdDSA' });

interface Login {
  readonly agent: UserAgent;
  readonly hint: string;
  readonly kid: string;
  readonly refreshToken: string;
}

describe('a client that is registered for an algorithm of ID tokens', () => {
  let stack: TestStack;
  let issuer: AuthReplica;
  let web: DemoWebClient;

  beforeAll(async () => {
    stack = await TestStack.prepare({ appEnvironment: { auth: environment } });
    await stack.start(['auth']);
    issuer = new AuthReplica(stack.issuer, stack.issuer);
    web = new DemoWebClient(stack.issuer);
  }, PATIENCE_MS);

  afterAll(async () => {
    await stack.dispose();
    rmSync(folder, { recursive: true });
  });

  async function callAdmin(method: string, path: string, body: object) {
    return (await operator(stack.issuer)).call(method, path, body);
  }

  const register = (client_id: string, alg: string) =>
    callAdmin('POST', '/clients', {
      ...publicClient(client_id, 'openid'),
      post_logout_redirect_uris: [`${stack.api}/console`],
      id_token_signed_response_alg: alg,
    });

  async function logIn(client_id: string): Promise<Login> {
    const agent = new UserAgent(stack.issuer);
    const page = await agent.open(web.authorizationUrl({ client_id, scope: 'openid' }));
    const consentPage = await agent.submit(page, '/login', { email: CUSTOMER, password: PASSWORD });
    const { url } = await agent.submit(consentPage, '/consent', { consent: 'allow' });
    const { body } = await web.exchange(url.searchParams.get('code') ?? '', { client_id });
    const { id_token: hint = '', refresh_token: refreshToken } = tokens
      .pick({ id_token: true, refresh_token: true })
      .parse(body);
    return { agent, hint, kid: decodeProtectedHeader(hint).kid ?? '', refreshToken };
  }

  async function logOut({ agent, hint }: Pick<Login, 'agent' | 'hint'>): Promise<Stop> {
    const url = new URL('/logout', stack.issuer);
    const post_logout_redirect_uri = `${stack.api}/console`;
    url.search = new URLSearchParams({ id_token_hint: hint, post_logout_redirect_uri }).toString();
    const page = await agent.open(url);
    expect(page.text).toContain('Log out?');
    return agent.submit(page, '/logout/confirm', { logout: 'yes' });
  }

  async function isLoggedIn(agent: UserAgent): Promise<boolean> {
    return !(await agent.open(web.authorizationUrl())).text.includes('type="password"');
  }

  async function namedAlgorithms(): Promise<readonly string[]> {
    const response = await fetch(`${stack.issuer}/.well-known/openid-configuration`);
    return metadata.parse(await response.json()).id_token_signing_alg_values_supported.toSorted();
  }

  const refresh = (client_id: string, { refreshToken }: Login) => web.refresh(refreshToken, { client_id });

  it.each(['RS256', 'PS256', 'ES256', 'EdDSA'])(
    'logs out with its ID token, and is led back to, when its key has been rotated since: %s',
    async (alg) => {
      const client = `logout-${alg.toLowerCase()}`;
      expect(await register(client, alg)).toMatchObject({ status: 201 });
      const login = await logIn(client);
      expect(decodeProtectedHeader(login.hint).alg).toBe(alg);
      await issuer.change('rotate', { alg, emergency: true });
      expect((await logOut(login)).url.href).toBe(`${stack.api}/console`);
      expect(await isLoggedIn(login.agent)).toBe(false);
    },
    PATIENCE_MS,
  );

  it.each<[change: string, make: (client: string) => Promise<unknown>]>([
    ['disabled', (client) => callAdmin('POST', `/clients/${client}/disable`, {})],
    [
      'registered for another algorithm',
      (client) => callAdmin('PATCH', `/clients/${client}`, { id_token_signed_response_alg: 'ES256' }),
    ],
  ])(
    'and %s since: the ID token is left out, and the person is logged out all the same',
    async (change, make) => {
      const client = change.replaceAll(' ', '-');
      await register(client, 'RS256');
      const login = await logIn(client);
      await make(client);
      expect((await logOut(login)).text).toContain('You are logged out');
      expect(await isLoggedIn(login.agent)).toBe(false);
    },
    PATIENCE_MS,
  );

  it(
    'is temporarily unavailable when the key is revoked and none follows, and logs people out',
    async () => {
      await register('bereaved', 'EdDSA');
      const login = await logIn('bereaved');
      await stack.stack.stopApp('auth');
      settings.set({ SIGNING_ALGORITHMS: 'RS256 PS256 ES256' }); // so that no other key is made
      await stack.start(['auth']);
      expect(await namedAlgorithms()).toEqual(['ES256', 'EdDSA', 'PS256', 'RS256']);
      await issuer.change(`${login.kid}/revoke`, {});
      expect(await refresh('bereaved', login)).toMatchObject(UNAVAILABLE);
      expect(await refresh('bereaved', login)).toMatchObject(UNAVAILABLE); // and nothing was used up
      expect(await namedAlgorithms()).toEqual(['ES256', 'PS256', 'RS256']);
      expect((await logOut(login)).text).toContain('You are logged out');
      expect(await isLoggedIn(login.agent)).toBe(false);
      expect(await register('late', 'EdDSA')).toMatchObject({
        status: 400,
        body: { detail: expect.stringContaining('id_token_signed_response_alg EdDSA') },
      });
    },
    PATIENCE_MS,
  );
});
