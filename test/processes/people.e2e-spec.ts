import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DemoWebClient, PASSWORD as DEMO_PASSWORD } from '../support/demo-web-client.ts';
import { Mailbox } from '../support/mailbox.ts';
import { TestStack } from '../support/test-stack.ts';
import { tokens, type Tokens } from '../support/token-endpoint.ts';
import { UserAgent, type Stop } from '../support/user-agent.ts';

/** Of everyone who registers here. */
const PASSWORD = 'seven quiet harbour lamps';
const NEW_PASSWORD = 'kettle window bicycle';
const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';

let stack: TestStack;
let mailbox: Mailbox;
let web: DemoWebClient;
let people = 0;

beforeAll(async () => {
  // What a test says of its address is believed.
  stack = await TestStack.prepare({ environment: { TRUST_PROXY: '127.0.0.1 ::1' } });
  await stack.start(['auth']);
  mailbox = new Mailbox(stack);
  web = new DemoWebClient(stack.issuer, PASSWORD);
});

afterAll(async () => {
  await stack.dispose();
});

function url(path: string): URL {
  return new URL(path, stack.issuer);
}

/** Asks for a link, from an address that nobody else asks from. */
async function askFor(path: '/register' | '/password/forgotten', email: string): Promise<Stop> {
  const agent = new UserAgent(stack.issuer);
  const page = await agent.open(url(path));
  return agent.post(page, path, new URLSearchParams({ email }), {
    'x-forwarded-for': `192.0.2.${++people}`,
  });
}

/** Registers somebody. @returns their e-mail address */
async function register(): Promise<string> {
  const email = `person${people}@example.com`;
  await askFor('/register', email);
  const agent = new UserAgent(stack.issuer);
  const page = await agent.open(await mailbox.linkTo(email));
  const passwords = { password: PASSWORD, again: PASSWORD };
  const done = await agent.submit(page, '/register/finish', { name: 'Pat Person', ...passwords });
  expect(done.text).toContain('Your account is ready');
  return email;
}

/** Logs a person in to their account page. */
async function enter(email: string, password = PASSWORD): Promise<{ agent: UserAgent; page: Stop }> {
  const agent = new UserAgent(stack.issuer);
  const login = await agent.open(url('/account'));
  const page = await agent.submit(login, '/account/login', { email, password });
  return { agent, page };
}

async function logIn(email: string): Promise<Tokens> {
  return web.logIn(email, { scope: 'openid email offline_access orders:read', prompt: 'consent' });
}

async function refresh({ refresh_token: token }: Tokens): Promise<number> {
  return (await web.refresh(token)).status;
}

describe('a person who has no account', () => {
  let strictLink: Promise<URL> | undefined;

  it('makes one by a mailed link, and goes on to the application that they came from', async () => {
    const agent = new UserAgent(stack.issuer);
    const login = await agent.open(web.authorizationUrl({ scope: 'openid email orders:read' }));
    const [, path = ''] = /href="([^"]*\/register[^"]*)"/.exec(login.text) ?? [];
    const sent = await agent.submit(await agent.open(url(path)), '/register', { email: 'New@Example.com ' });
    expect(sent.text).toContain('Look into your mail');

    const choose = await agent.open(await mailbox.linkTo('new@example.com'));
    const passwords = { password: NEW_PASSWORD, again: NEW_PASSWORD };
    const done = await agent.submit(choose, '/register/finish', { name: 'Nora New', ...passwords });
    const [, onwards = ''] = /href="(\/interaction\/[^"]*)"/.exec(done.text) ?? [];
    const consent = await agent.submit(await agent.open(url(onwards)), '/login', {
      email: 'new@example.com',
      password: NEW_PASSWORD,
    });
    const { url: back } = await agent.submit(consent, '/consent', { consent: 'allow' });
    const answer = await web.exchange(back.searchParams.get('code') ?? '');
    const { id_token: idToken = '' } = tokens.parse(answer.body);
    const claims: unknown = JSON.parse(Buffer.from(idToken.split('.')[1] ?? '', 'base64url').toString());
    expect(claims).toMatchObject({ email: 'new@example.com', email_verified: true });
  });

  it('gets the same answer as one who has, and another mail (ASVS 6.3.8)', async () => {
    const unknown = await askFor('/register', 'unheard-of@example.com');
    const known = await askFor('/register', 'customer@example.com');
    expect([known.status, known.headers.get('location'), known.text]).toEqual([
      unknown.status,
      unknown.headers.get('location'),
      unknown.text,
    ]);
    const [mail = ''] = await mailbox.mailsTo('customer@example.com', 1);
    expect(mail).toContain('which has one already');
    expect(mail).not.toContain('token=');
    await mailbox.linkTo('unheard-of@example.com');
  });

  it('uses a link once, and opening it is no use (ASVS 6.5.1)', async () => {
    const email = 'once@example.com';
    await askFor('/register', email);
    const link = await mailbox.linkTo(email);
    const [first, second] = [new UserAgent(stack.issuer), new UserAgent(stack.issuer)];
    const pages = [await first.open(link), await second.open(link)] as const;
    const form = { name: 'Pat', password: PASSWORD, again: PASSWORD };
    expect((await first.submit(pages[0], '/register/finish', form)).status).toBe(200);
    expect((await second.submit(pages[1], '/register/finish', form)).status).toBe(410);
    expect((await second.open(link)).status).toBe(410);
  });

  it.each<[deviation: string, fields: Record<string, string>, reason: string]>([
    ['too short', { password: 'kettle window', again: 'kettle window' }, 'too short'],
    ['not the same twice', { again: `${NEW_PASSWORD}!` }, 'not the same'],
    ['a common one', { password: 'passwordpassword1', again: 'passwordpassword1' }, 'guessed'],
    ['their address', { password: 'strict@example.com', again: 'strict@example.com' }, 'guessed'],
    ['without a name', { name: '' }, 'Enter your name'],
    ['for a name with a line end', { name: 'Pat\r\nSet-Cookie: x' }, 'Enter your name'],
  ])('is asked again when the password is %s', async (_deviation, fields, reason) => {
    const email = 'strict@example.com';
    const agent = new UserAgent(stack.issuer);
    strictLink ??= askFor('/register', email).then(() => mailbox.linkTo(email));
    const page = await agent.open(await strictLink);
    const form = { name: 'Strict', password: NEW_PASSWORD, again: NEW_PASSWORD, ...fields };
    const answer = await agent.submit(page, '/register/finish', form);
    expect([answer.status, answer.text]).toEqual([400, expect.stringContaining(reason)]);
  });

  it.each([
    'not an address',
    'a@b',
    'a@example.com\nBcc: b@example.com',
    `${'x'.repeat(300)}@example.com`,
    '',
  ])('is asked again when the address is %j', async (email) => {
    expect((await askFor('/register', email)).status).toBe(400);
  });

  it('cannot have a mailbox filled: three mails an hour go to an address', async () => {
    for (let time = 0; time < 5; time++)
      expect((await askFor('/register', 'full@example.com')).status).toBe(303);
    await mailbox.mailsTo('full@example.com', 3);
    await expect(mailbox.mailsTo('full@example.com', 4)).rejects.toThrow('fewer than 4');
  });
});

describe('a new password', () => {
  it('ends refresh tokens and every other session; this one goes on (BCP-11, ASVS 7.4.3)', async () => {
    const email = await register();
    const [here, there] = [await enter(email), await enter(email)];
    const login = await logIn(email);
    const form = await here.agent.open(url('/account/password'));
    const fields = { current: PASSWORD, password: NEW_PASSWORD, again: NEW_PASSWORD };
    const done = await here.agent.submit(form, '/account/password', fields);
    expect(done.text).toContain('Your password has been changed.');
    expect(done.text.match(/<li>/g)).toHaveLength(1);
    expect(await refresh(login)).toBe(400);
    expect((await there.agent.open(url('/account'))).url.pathname).toBe('/account/login');
    expect((await enter(email)).page.status).toBe(403);
    expect((await enter(email, NEW_PASSWORD)).page.status).toBe(200);
  });

  it.each<[deviation: string, fields: Record<string, string>, status: number, atFault: readonly string[]]>([
    ['without the current one', { current: 'a wrong password' }, 403, ['current']],
    ['that is too short', { password: 'short', again: 'short' }, 400, ['password', 'again']],
    [
      'that is typed differently the second time',
      { again: 'something else entirely' },
      400,
      ['password', 'again'],
    ],
  ])('is not set %s, and the fields at fault are marked', async (_deviation, fields, status, atFault) => {
    const { agent } = await enter('customer2@example.com', DEMO_PASSWORD);
    const form = await agent.open(url('/account/password'));
    const right = { current: DEMO_PASSWORD, password: NEW_PASSWORD, again: NEW_PASSWORD };
    const answer = await agent.submit(form, '/account/password', { ...right, ...fields });
    const marked = [...answer.text.matchAll(/id="(\w+)"[^>]*aria-invalid="true"/g)].map(([, id]) => id);
    expect([answer.status, marked]).toEqual([status, atFault]);
    expect((await enter('customer2@example.com', DEMO_PASSWORD)).page.status).toBe(200);
  });

  it('ends logins with the old one that are under way, at the account page and for an application (BCP-11)', async () => {
    const email = await register();
    const owner = await enter(email);
    const form = await owner.agent.open(url('/account/password'));
    const forApplications = await Promise.all(
      Array.from({ length: 6 }, async () => {
        const agent = new UserAgent(stack.issuer);
        return { agent, page: await agent.open(web.authorizationUrl({ scope: 'openid email orders:read' })) };
      }),
    );
    const change = { current: PASSWORD, password: NEW_PASSWORD, again: NEW_PASSWORD };
    const changed = owner.agent.submit(form, '/account/password', change);
    const entering = Array.from({ length: 6 }, () => enter(email));
    for (const { agent, page } of forApplications) {
      const login = agent.submit(page, '/login', { email, password: PASSWORD }).catch(() => undefined);
      entering.push(login.then(() => ({ agent, page })));
    }
    expect((await changed).url.search).toBe('?done=password');
    for (const { agent } of await Promise.all(entering))
      expect((await agent.open(url('/account'))).url.pathname).toBe('/account/login');
    const { text, url: here } = await owner.agent.open(url('/account'));
    expect([here.pathname, text.match(/name="session"/g)?.length]).toEqual(['/account', 1]);
  });

  it('is set by a mailed link, which ends refresh tokens and sessions too (BCP-11)', async () => {
    const email = await register();
    const { agent } = await enter(email);
    const login = await logIn(email);
    await askFor('/password/forgotten', email);
    const other = new UserAgent(stack.issuer);
    const page = await other.open(await mailbox.linkTo(email, 2));
    const done = await other.submit(page, '/password/reset', { password: NEW_PASSWORD, again: NEW_PASSWORD });
    expect(done.text).toContain('Your password has been changed');
    expect(await refresh(login)).toBe(400);
    expect((await agent.open(url('/account'))).url.pathname).toBe('/account/login');
    expect((await enter(email, NEW_PASSWORD)).page.status).toBe(200);
  });

  it('is offered to nobody in words that tell who has an account (ASVS 6.3.8)', async () => {
    const [known, unknown] = [
      await askFor('/password/forgotten', 'merchant@example.com'),
      await askFor('/password/forgotten', 'nobody-at-all@example.com'),
    ];
    expect([known.status, known.text]).toEqual([unknown.status, unknown.text]);
    await mailbox.linkTo('merchant@example.com');
  });
});

describe('the account page', () => {
  it('lists where the person is logged in, and which applications have access (ASVS 7.5.2, 10.4.9)', async () => {
    const email = await register();
    const phone = new UserAgent(stack.issuer);
    const login = await phone.open(url('/account/login'));
    await phone.post(login, '/account/login', new URLSearchParams({ email, password: PASSWORD }), {
      'user-agent': FIREFOX,
      'x-forwarded-for': '203.0.113.77',
    });
    await logIn(email);
    const { page } = await enter(email);
    expect(page.text).toContain('Firefox on Linux');
    expect(page.text).toContain('203.0.113.*');
    expect(page.text).not.toContain('203.0.113.77');
    expect(page.text).toContain('Countersign demo');
    expect(page.text).toContain('see your orders');
    expect(page.text.match(/class="mark"/g)).toHaveLength(1);
  });

  it('ends a session, with the refresh tokens of the applications that it let in (ASVS 7.5.2)', async () => {
    const email = await register();
    const login = await logIn(email);
    const { agent, page } = await enter(email);
    const entries = page.text.split('<li>').filter((entry) => entry.includes('name="session"'));
    const other = entries.find((entry) => !entry.includes('class="mark"')) ?? '';
    const [, session = ''] = /name="session" value="([\w-]+)"/.exec(other) ?? [];
    const after = await agent.submit(page, '/end-session', { session });
    expect(after.text).toContain('That session has ended.');
    expect(after.text.match(/name="session"/g)).toHaveLength(1);
    expect(await refresh(login)).toBe(400);
  });

  it('takes access from an application (ASVS 10.4.9)', async () => {
    const email = await register();
    const login = await logIn(email);
    const { agent, page } = await enter(email);
    const after = await agent.submit(page, '/end-access');
    expect(after.text).toContain('That application has no access any more.');
    expect(after.text).not.toContain('Countersign demo');
    expect(await refresh(login)).toBe(400);
  });

  it('signs out everywhere: sessions, refresh tokens, here too (ASVS 7.4.1)', async () => {
    const email = await register();
    const login = await logIn(email);
    const [here, there] = [await enter(email), await enter(email)];
    const after = await here.agent.submit(here.page, '/sign-out-everywhere');
    expect(after.text).toContain('You are signed out everywhere.');
    for (const { agent } of [here, there])
      expect((await agent.open(url('/account'))).url.pathname).toBe('/account/login');
    expect(await refresh(login)).toBe(400);
  });

  it('does not end the session of another account (ASVS 8.2.2)', async () => {
    const [email, victim] = [await register(), await register()];
    const theirs = await enter(victim);
    const [, session = ''] = /name="session"\s+value="([\w-]+)"/.exec(theirs.page.text) ?? [];
    const { agent, page } = await enter(email);
    await agent.submit(page, '/end-session', { session });
    expect((await theirs.agent.open(url('/account'))).url.pathname).toBe('/account');
  });

  it.each(['end-session', 'end-access', 'sign-out-everywhere'])(
    'does nothing at %s for a form of another site, or without a session',
    async (action) => {
      const { agent, page } = await enter('admin@example.com', DEMO_PASSWORD);
      const forged = await agent.post(
        { ...page, text: `<form action="/account/${action}"></form>` },
        action,
        new URLSearchParams({ session: 'x', client_id: 'demo-web' }),
        { 'sec-fetch-site': 'cross-site' },
      );
      expect(forged.status).toBe(403);
      const stranger = await fetch(url(`/account/${action}`), { method: 'POST', redirect: 'manual' });
      expect([stranger.status, stranger.headers.get('location')]).toEqual([303, '/account/login']);
    },
  );
});

describe('a session', () => {
  it('has another identifier after the login than before (ASVS 7.2.4)', async () => {
    const before = await fetch(url('/logout'), { redirect: 'manual' });
    const planted = sessionCookie(before);
    const login = await fetch(url('/account/login'), {
      method: 'POST',
      redirect: 'manual',
      headers: {
        cookie: before.headers
          .getSetCookie()
          .map((cookie) => cookie.split(';')[0])
          .join('; '),
      },
      body: new URLSearchParams({ email: 'admin@example.com', password: DEMO_PASSWORD }),
    });
    expect(login.status).toBe(303);
    expect(planted).toMatch(/^countersign-session=[\w-]{20,}/);
    expect(sessionCookie(login)).not.toBe(planted);
  });
});

function sessionCookie(response: Response): string {
  const cookies = response.headers.getSetCookie().map((cookie) => cookie.split(';')[0] ?? '');
  return cookies.find((cookie) => cookie.startsWith('countersign-session=')) ?? '';
}

describe('a login form that is tried too often', () => {
  async function attempt(
    email: string,
    password: string,
    address: string,
    agent = new UserAgent(stack.issuer),
  ): Promise<Stop> {
    const page = await agent.open(url('/account/login'));
    return agent.post(page, '/account/login', new URLSearchParams({ email, password }), {
      'x-forwarded-for': address,
    });
  }

  it.each(['customer2@example.com', 'nobody-here@example.com'])(
    'answers 429, says for how long, and does not tell whether %s is an account (ASVS 6.3.1, 6.3.8)',
    async (email) => {
      const statuses = [];
      let last: Stop | undefined;
      for (let time = 0; time < 8; time++) {
        last = await attempt(email, 'a wrong password', '198.51.100.1');
        statuses.push(last.status);
      }
      expect(statuses.slice(0, 6)).toEqual([403, 403, 403, 403, 403, 429]);
      expect(last).toMatchObject({
        status: 429,
        text: expect.stringMatching(/Wait \d+ seconds? and try again/),
      });
      expect(Number(last?.headers.get('retry-after'))).toBeGreaterThan(0);
    },
  );

  it('does not keep the owner out who logged in on that device before', async () => {
    const email = await register();
    const device = new UserAgent(stack.issuer);
    expect((await attempt(email, PASSWORD, '198.51.100.2', device)).status).toBe(303);
    await device.submit(await device.open(url('/account')), '/end-session');
    for (let time = 0; time < 8; time++) await attempt(email, 'a wrong password', '198.51.100.2');
    expect((await attempt(email, PASSWORD, '198.51.100.2')).status).toBe(429);
    expect((await attempt(email, PASSWORD, '198.51.100.2', device)).status).toBe(303);
  });

  it('takes 20 right passwords at the same time from one address', async () => {
    const logins = Array.from({ length: 20 }, () =>
      attempt('merchant@example.com', DEMO_PASSWORD, '198.51.100.3'),
    );
    const statuses = (await Promise.all(logins)).map(({ status }) => status);
    expect(statuses).toEqual(Array.from({ length: 20 }, () => 303));
  });
});
