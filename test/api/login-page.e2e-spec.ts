import { beforeEach, describe, expect, it } from '@jest/globals';
import { DemoWebClient, PASSWORD, REDIRECT_URI } from '../support/demo-web-client.ts';
import { issuer } from '../support/running-stack.ts';
import { redirectOf, UserAgent, type Stop } from '../support/user-agent.ts';

const EMAIL = 'customer@example.com';
const FORM = 'application/x-www-form-urlencoded';

const web = new DemoWebClient(issuer);

function form(fields: Readonly<Record<string, string>>): URLSearchParams {
  return new URLSearchParams(fields);
}

/** The page without what differs by request: the address that was typed, and that of the form. */
function withoutParticulars({ text }: Stop, email: string): string {
  return text.replaceAll(email, '…').replaceAll(/\/interaction\/[\w-]+/g, '/interaction/…');
}

describe('the login page', () => {
  let agent: UserAgent;
  let page: Stop;

  beforeEach(async () => {
    agent = new UserAgent(issuer);
    page = await agent.open(web.authorizationUrl());
  });

  it('leads a person with the right password to the consent page by 303 (BCP-17)', async () => {
    const answer = await agent.post(page, '/login', form({ email: EMAIL, password: PASSWORD }));
    expect(answer.status).toBe(303);
    expect(redirectOf(answer)?.origin).toBe(issuer);
  });

  it('leads from consent to the client by 303, without the password in any address (BCP-17)', async () => {
    const consentPage = await agent.submit(page, '/login', { email: EMAIL, password: PASSWORD });
    expect(consentPage.text).toContain('place, change and cancel orders for you');
    const { status, url } = await agent.submit(consentPage, '/consent', { consent: 'allow' });
    expect([status, `${url.origin}${url.pathname}`]).toEqual([303, REDIRECT_URI]);
    expect(url.href).not.toContain(PASSWORD);
  });

  it('answers a wrong password and an unknown account alike', async () => {
    const [wrong, unknown] = ['customer2@example.com', 'nobody@example.com'];
    const atWrong = await agent.post(page, '/login', form({ email: wrong, password: 'a wrong one' }));
    const atUnknown = await agent.post(page, '/login', form({ email: unknown, password: 'a wrong one' }));
    expect([atWrong.status, atUnknown.status]).toEqual([403, 403]);
    expect(withoutParticulars(atUnknown, unknown)).toBe(withoutParticulars(atWrong, wrong));
  });

  it('lets a person try again after a wrong password', async () => {
    const again = await agent.submit(page, '/login', { email: EMAIL, password: 'a wrong one' });
    const consentPage = await agent.submit(again, '/login', { email: EMAIL, password: PASSWORD });
    expect(consentPage).toMatchObject({ status: 200, text: expect.stringContaining('/consent"') });
  });

  it.each<[deviation: string, fields: Record<string, string>]>([
    ['no password', { email: EMAIL }],
    ['no e-mail address', { password: PASSWORD }],
    ['nothing', {}],
    ['an empty password', { email: EMAIL, password: '' }],
    ['a password of 10 KB', { email: EMAIL, password: 'x'.repeat(10_240) }],
    ['an e-mail address of 10 KB', { email: `${'x'.repeat(10_240)}@example.com`, password: PASSWORD }],
    [
      'fields in brackets, which some parsers make objects of',
      { 'email[x]': EMAIL, 'password[x]': PASSWORD },
    ],
  ])('asks again when it is sent %s', async (_deviation, fields) => {
    const answer = await agent.post(page, '/login', form(fields));
    expect(answer.status).toBe(400);
    expect(answer.text).toContain('Enter your e-mail address and your password.');
  });

  it('shows an address that is markup as text', async () => {
    const email = '"><script>alert(1)</script>';
    const { text } = await agent.post(page, '/login', form({ email, password: 'x' }));
    expect(text).toContain('&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(text).not.toContain('<script');
  });

  it('shows a login hint that is markup as text', async () => {
    const hinted = await agent.open(web.authorizationUrl({ login_hint: '"><img src=x onerror=alert(1)>' }));
    expect(hinted.status).toBe(200);
    expect(hinted.text).not.toContain('<img');
  });

  it.each<[deviation: string, contentType: string, body: string, status: number]>([
    ['plain text', 'text/plain', `email=${EMAIL}&password=${PASSWORD}`, 400],
    ['XML', 'application/xml', '<email/>', 415],
    ['a form of 1 MB', FORM, `email=${'x'.repeat(1_048_576)}`, 413],
    ['a form whose percent signs mean nothing', FORM, 'email=%zz&password=%', 403],
  ])('does not log in by %s', async (_deviation, contentType, body, status) => {
    const answer = await agent.post(page, '/login', body, { 'content-type': contentType });
    expect([answer.status, redirectOf(answer)]).toEqual([status, undefined]);
    expect(answer.text).not.toMatch(/node_modules|fastify|FST_|\bat .+:\d+:\d+/i);
  });

  it.each<[deviation: string, headers: Record<string, string>]>([
    ['another origin', { origin: 'https://evil.example' }],
    ['a frame without an origin', { origin: 'null' }],
    ['a neighbouring site', { 'sec-fetch-site': 'same-site' }],
    ['another site', { 'sec-fetch-site': 'cross-site' }],
  ])('refuses a form that comes from %s (login CSRF)', async (_deviation, headers) => {
    const answer = await agent.post(page, '/login', form({ email: EMAIL, password: PASSWORD }), headers);
    expect([answer.status, redirectOf(answer)]).toEqual([403, undefined]);
    expect(answer.text).toContain('another site');
  });

  it('does not take a consent before the login', async () => {
    const consent = { ...page, text: page.text.replaceAll('/login"', '/consent"') };
    const answer = await agent.post(consent, '/consent', form({ consent: 'allow' }));
    expect([answer.status, redirectOf(answer)]).toEqual([409, undefined]);
  });

  it('is of no use in another browser', async () => {
    const stranger = new UserAgent(issuer);
    const answer = await stranger.post(page, '/login', form({ email: EMAIL, password: PASSWORD }));
    expect([answer.status, redirectOf(answer)]).toEqual([404, undefined]);
  });
});

describe('the login to the account', () => {
  it('answers a password by 303, which posts it nowhere else (BCP-17)', async () => {
    const agent = new UserAgent(issuer);
    const page = await agent.open(new URL('/account', issuer));
    const answer = await agent.post(page, '/account/login', form({ email: EMAIL, password: PASSWORD }));
    expect([answer.status, redirectOf(answer)?.href]).toEqual([303, `${issuer}/account`]);
  });
});

describe('every page', () => {
  it.each<[name: string, open: () => Promise<Stop>]>([
    ['login', () => new UserAgent(issuer).open(web.authorizationUrl())],
    ['consent', openConsentPage],
    ['wrong password', openLoginRefusal],
    ['error', () => new UserAgent(issuer).open(web.authorizationUrl({ client_id: 'nobody' }))],
    ['expired', () => new UserAgent(issuer).open(new URL('/interaction/unknown', issuer))],
    ['registration', () => new UserAgent(issuer).open(new URL('/register', issuer))],
    ['a link that is used up', () => new UserAgent(issuer).open(new URL('/register/finish', issuer))],
    ['a forgotten password', () => new UserAgent(issuer).open(new URL('/password/forgotten', issuer))],
    ['the login to the account', () => new UserAgent(issuer).open(new URL('/account', issuer))],
    ['the account', openAccount],
    [
      'the change of the password',
      async () => (await accountAgent()).open(new URL('/account/password', issuer)),
    ],
    ['the question whether to log out', async () => (await accountAgent()).open(new URL('/logout', issuer))],
    ['a device', () => new UserAgent(issuer).open(new URL('/device', issuer))],
    ['the question whose device it is', openDeviceQuestion],
    ['logged out', () => new UserAgent(issuer).open(new URL('/logout/success', issuer))],
  ])('of %s runs no script, cannot be framed, kept or leaked (BCP-19, BCP-22)', async (_name, open) => {
    const { headers, text } = await open();
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('unsafe-');
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('same-origin'); // ADR 0021
    expect(headers.get('cache-control')).toBe('no-store');
    expect(text).not.toContain('<script');
    expect(text).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
  });

  it('sets cookies that scripts and other sites do not get', async () => {
    const cookies = (await fetch(web.authorizationUrl(), { redirect: 'manual' })).headers.getSetCookie();
    expect(cookies.length).toBeGreaterThan(0);
    for (const cookie of cookies) expect(cookie).toMatch(/(?=.*; httponly)(?=.*; samesite=(?:lax|strict))/i);
  });
});

async function openConsentPage(): Promise<Stop> {
  const agent = new UserAgent(issuer);
  const loginPage = await agent.open(web.authorizationUrl());
  return agent.submit(loginPage, '/login', { email: EMAIL, password: PASSWORD });
}

async function openLoginRefusal(): Promise<Stop> {
  const agent = new UserAgent(issuer);
  const loginPage = await agent.open(web.authorizationUrl());
  return agent.submit(loginPage, '/login', { email: EMAIL, password: 'a wrong one' });
}

async function openDeviceQuestion(): Promise<Stop> {
  const body = new URLSearchParams({ client_id: 'demo-web', scope: 'openid' });
  const response = await fetch(`${issuer}/device_authorization`, { method: 'POST', body });
  const { user_code } = (await response.json()) as { user_code: string };
  const agent = new UserAgent(issuer);
  return agent.submit(await agent.open(new URL('/device', issuer)), '/device', { user_code });
}

async function accountAgent(): Promise<UserAgent> {
  const agent = new UserAgent(issuer);
  const login = await agent.open(new URL('/account', issuer));
  await agent.submit(login, '/account/login', { email: EMAIL, password: PASSWORD });
  return agent;
}

async function openAccount(): Promise<Stop> {
  return (await accountAgent()).open(new URL('/account', issuer));
}
