import { describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { ApiClient } from '../support/api-client.ts';
import { DemoWebClient, PASSWORD } from '../support/demo-web-client.ts';
import { api, issuer } from '../support/running-stack.ts';
import { tokens, type Tokens } from '../support/token-endpoint.ts';
import { redirectOf, UserAgent, type Stop } from '../support/user-agent.ts';

const CUSTOMER = 'customer@example.com';
const REGISTERED = `${api}/console`;
const web = new DemoWebClient(issuer);

interface Session {
  readonly agent: UserAgent;
  readonly login: Tokens;
}

async function logIn(changes: Readonly<Record<string, string>> = {}): Promise<Session> {
  const agent = new UserAgent(issuer);
  const loginPage = await agent.open(web.authorizationUrl(changes));
  const consentPage = await agent.submit(loginPage, '/login', { email: CUSTOMER, password: PASSWORD });
  const { url } = await agent.submit(consentPage, '/consent', { consent: 'allow' });
  const { body } = await web.exchange(url.searchParams.get('code') ?? '');
  return { agent, login: tokens.parse(body) };
}

function logoutUrl(parameters: Readonly<Record<string, string>> = {}): URL {
  const url = new URL('/logout', issuer);
  url.search = new URLSearchParams(parameters).toString();
  return url;
}

/** Whether a login with this browser asks for a password. */
async function isLoggedIn(agent: UserAgent): Promise<boolean> {
  return !(await agent.open(web.authorizationUrl())).text.includes('type="password"');
}

describe('a logout that a client begins', () => {
  it('asks the person first, who can stay (ASVS 10.6.2)', async () => {
    const { agent, login } = await logIn();
    const page = await agent.open(logoutUrl());
    expect(page.text).toContain('Log out?');
    expect(await isLoggedIn(agent)).toBe(true);
    await agent.submit(await agent.open(logoutUrl()), '/logout/confirm');
    expect(await isLoggedIn(agent)).toBe(true);
    expect((await web.refresh(login.refresh_token)).status).toBe(200);
  });

  it('ends the session and the tokens that came of it', async () => {
    const { agent, login } = await logIn();
    await agent.submit(await agent.open(logoutUrl()), '/logout/confirm', { logout: 'yes' });
    expect(await isLoggedIn(agent)).toBe(false);
    expect(await web.refresh(login.refresh_token)).toMatchObject({ body: { error: 'invalid_grant' } });
  });

  it('leaves offline access alone, whose tokens no gateway takes for those of the session (OpenID Connect Core §11)', async () => {
    const { agent, login } = await logIn({ scope: 'openid offline_access orders:read', prompt: 'consent' });
    await agent.submit(await agent.open(logoutUrl()), '/logout/confirm', { logout: 'yes' });
    const refreshed = tokens.parse((await web.refresh(login.refresh_token)).body);
    for (const { access_token } of [login, refreshed]) {
      expect(decodeJwt(access_token)).not.toHaveProperty('sid');
      expect(await new ApiClient(api, access_token).get('/me')).toMatchObject({ status: 200 });
    }
  });

  it('leads back to the registered address with the state of the client', async () => {
    const { agent, login } = await logIn();
    const url = logoutUrl({
      id_token_hint: login.id_token ?? '',
      post_logout_redirect_uri: REGISTERED,
      state: 'state-of-the-client',
    });
    const stop = await agent.submit(await agent.open(url), '/logout/confirm', { logout: 'yes' });
    expect(stop.url.href).toBe(`${REGISTERED}?state=state-of-the-client`);
  });

  it.each<[deviation: string, uri: string]>([
    ['another site', 'https://evil.example/'],
    ['a slash at its end', `${REGISTERED}/`],
    ['a query', `${REGISTERED}?next=https://evil.example`],
    ['a path below it', `${REGISTERED}/callback`],
  ])('leads nowhere that is not registered to the letter: %s (BCP-02)', async (_deviation, uri) => {
    const { agent, login } = await logIn();
    const url = logoutUrl({ id_token_hint: login.id_token ?? '', post_logout_redirect_uri: uri });
    const stop: Stop = await agent.open(url);
    expect([stop.status, redirectOf(stop), stop.url.origin]).toEqual([400, undefined, issuer]);
  });

  it('leads nowhere when no client is named (BCP-02)', async () => {
    const { agent } = await logIn();
    const page = await agent.open(logoutUrl({ post_logout_redirect_uri: REGISTERED }));
    const stop = await agent.submit(page, '/logout/confirm', { logout: 'yes' });
    expect([stop.url.origin, stop.text]).toEqual([issuer, expect.stringContaining('You are logged out')]);
  });

  it.each<[deviation: string, hint: (login: Tokens) => string]>([
    ['that was altered', ({ id_token = '' }) => `${id_token.slice(0, -4)}AAAA`],
    ['that is an access token', ({ access_token }) => access_token],
    ['that is no token', () => 'hint'],
  ])('asks as without an id_token_hint %s, and leads back to no client', async (_deviation, hint) => {
    const { agent, login } = await logIn();
    const url = logoutUrl({ id_token_hint: hint(login), post_logout_redirect_uri: REGISTERED });
    const page = await agent.open(url);
    expect([page.status, page.text]).toEqual([200, expect.stringContaining('Log out?')]);
    const stop = await agent.submit(page, '/logout/confirm', { logout: 'yes' });
    expect([stop.url.origin, stop.text]).toEqual([issuer, expect.stringContaining('You are logged out')]);
    expect(await isLoggedIn(agent)).toBe(false);
  });

  it.each<[deviation: string, parameters: (hint: string) => readonly [string, string][]]>([
    [
      'that comes twice',
      (hint) => [
        ['id_token_hint', hint],
        ['id_token_hint', hint],
      ],
    ],
    [
      'of another client',
      (hint) => [
        ['id_token_hint', hint],
        ['client_id', 'demo-backend'],
      ],
    ],
  ])('is refused with an id_token_hint %s', async (_deviation, parameters) => {
    const { agent, login } = await logIn();
    const url = logoutUrl();
    for (const [name, value] of parameters(login.id_token ?? '')) url.searchParams.append(name, value);
    expect((await agent.open(url)).status).toBe(400);
  });

  it('is refused when another site sends the form', async () => {
    const { agent } = await logIn();
    const page = await agent.open(logoutUrl());
    const forged = await agent.post(
      page,
      '/logout/confirm',
      new URLSearchParams({ logout: 'yes', xsrf: 'x' }),
    );
    expect(forged.status).toBe(400);
    expect(await isLoggedIn(agent)).toBe(true);
  });
});
