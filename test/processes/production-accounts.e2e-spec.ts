import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { AdminCaller, adminToken } from '../support/operator.ts';
import { SmtpInbox } from '../support/smtp-inbox.ts';
import { TestStack } from '../support/test-stack.ts';
import { UserAgent, type Stop } from '../support/user-agent.ts';

const SECRET = randomBytes(32).toString('base64url');
const PASSWORD = 'seven quiet harbour lamps';
const NEW_PASSWORD = 'kettle window bicycle';

const created = z.object({ id: z.uuid(), password_link: z.object({ url: z.url() }) });

/** The issuer as it is deployed: with secrets of its own, and nothing of the demo. */
async function deploy(settings: Readonly<Record<string, string>> = {}): Promise<TestStack> {
  const environment = {
    NODE_ENV: 'production',
    DEMO: 'false',
    KEY_ENCRYPTION_KEY: randomBytes(32).toString('base64url'),
    ADMIN_CLIENT_SECRET: SECRET,
    ...settings,
  };
  const stack = await TestStack.prepare({ environment });
  await stack.start(['auth']);
  return stack;
}

async function operatorOf({ issuer }: TestStack): Promise<AdminCaller> {
  return new AdminCaller(issuer, await adminToken(issuer, { secret: SECRET }));
}

/** Chooses a password behind a link. */
async function choose(issuer: string, link: string | URL, password: string): Promise<Stop> {
  const agent = new UserAgent(issuer);
  const page = await agent.open(new URL(link));
  if (page.status !== 200) return page;
  return agent.submit(page, '/password/reset', { password, again: password });
}

async function enter(issuer: string, email: string, password: string): Promise<Stop> {
  const agent = new UserAgent(issuer);
  return agent.submit(await agent.open(new URL('/account', issuer)), '/account/login', { email, password });
}

/** Asks for a link at a page that mails one. */
async function ask(issuer: string, path: string, email: string): Promise<Stop> {
  const agent = new UserAgent(issuer);
  return agent.submit(await agent.open(new URL(path, issuer)), path, { email });
}

describe('a deployment without mail', () => {
  let stack: TestStack;
  let admin: AdminCaller;

  beforeAll(async () => {
    stack = await deploy();
    admin = await operatorOf(stack);
  });
  afterAll(() => stack.dispose());

  it('gets its first person from the operator, who chooses a password by a link, and another when it is lost', async () => {
    const person = { email: 'First@Example.com', name: 'Fay First', roles: ['admin'] };
    const answer = await admin.call('POST', '/accounts', person);
    expect(answer).toMatchObject({
      status: 201,
      body: {
        ...person,
        email: 'first@example.com',
        disabled_at: null,
        password_link: {
          url: expect.stringContaining(`${stack.issuer}/password/reset?token=`),
          expires_in: 1_800,
        },
      },
    });
    const { id, password_link: link } = created.parse(answer.body);
    expect(answer.headers.get('location')).toBe(`/admin/accounts/${id}`);
    expect((await choose(stack.issuer, link.url, PASSWORD)).text).toContain('Your password has been changed');
    const page = await enter(stack.issuer, 'first@example.com', PASSWORD);
    expect(page.text).toContain('Fay First');

    const reset = created.parse((await admin.call('POST', `/accounts/${id}/password-reset`)).body);
    expect((await enter(stack.issuer, 'first@example.com', PASSWORD)).status).toBe(200);
    await choose(stack.issuer, reset.password_link.url, NEW_PASSWORD);
    expect((await enter(stack.issuer, 'first@example.com', PASSWORD)).status).toBe(403);
    expect((await enter(stack.issuer, 'first@example.com', NEW_PASSWORD)).text).toContain('Fay First');
  });

  it('has a login page that does not tell who waits for a first password (ASVS 6.3.8)', async () => {
    await admin.call('POST', '/accounts', { email: 'waits@example.com', name: 'Will Waits', roles: [] });
    const attempts = [];
    for (const email of ['waits@example.com', 'nobody@example.com']) {
      const { status, text } = await enter(stack.issuer, email, PASSWORD);
      attempts.push([status, text.replaceAll(email, '')]);
    }
    expect(attempts[0]).toEqual(attempts[1]);
    expect(attempts[0]?.[0]).toBe(403);
  });

  it.each(['/register', '/password/forgotten', '/password/sent'])('has no page %s', async (path) => {
    expect((await fetch(new URL(path, stack.issuer))).status).toBe(404);
  });
});

describe('a deployment with a mail server', () => {
  let inbox: SmtpInbox;
  let stack: TestStack;

  beforeAll(async () => {
    inbox = await SmtpInbox.start();
    stack = await deploy({ SMTP_URL: inbox.url, MAIL_FROM: 'no-reply@id.example', REGISTRATION: 'open' });
  });
  afterAll(async () => {
    await stack.dispose();
    await inbox.stop();
  });

  it('lets people register, and choose another password when they have forgotten theirs', async () => {
    await ask(stack.issuer, '/register', 'new@example.com');
    const agent = new UserAgent(stack.issuer);
    const form = await agent.open(await inbox.linkTo('new@example.com'));
    const fields = { name: 'Nora New', password: PASSWORD, again: PASSWORD };
    expect((await agent.submit(form, '/register/finish', fields)).text).toContain('Your account is ready');

    await ask(stack.issuer, '/password/forgotten', 'new@example.com');
    const link = await inbox.linkTo('new@example.com', 2);
    expect((await choose(stack.issuer, link, NEW_PASSWORD)).text).toContain('has been changed');
    expect((await enter(stack.issuer, 'new@example.com', NEW_PASSWORD)).text).toContain('Nora New');
  });

  it('says nothing different on the page when a mail is not taken, and says so in the log (ASVS 6.3.8)', async () => {
    const failed = await ask(stack.issuer, '/register', 'nobody@example.com');
    const sent = await ask(stack.issuer, '/register', 'somebody@example.com');
    expect([failed.status, failed.url.href, failed.text]).toEqual([sent.status, sent.url.href, sent.text]);
    const [line] = await stack.linesWith('a mail was not sent', 1);
    expect(line?.text).toContain('it answered 550 (EENVELOPE)');
    await inbox.linkTo('somebody@example.com');
    const everything = stack.lines.map(({ text }) => text).join('\n');
    expect(everything).not.toMatch(/token=[\w-]{43}|body@example\.com/);
  });
});
