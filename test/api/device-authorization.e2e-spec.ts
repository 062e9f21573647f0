import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { z } from 'zod';
import { PASSWORD } from '../support/demo-web-client.ts';
import { api, issuer } from '../support/running-stack.ts';
import { tokenRequest, tokens, type TokenAnswer } from '../support/token-endpoint.ts';
import { UserAgent, type Stop } from '../support/user-agent.ts';

const CUSTOMER = 'customer@example.com';
const GRANT_TYPE = 'urn:ietf:params:oauth:grant-type:device_code';
/** What a device waits between two questions when nobody says otherwise (RFC 8628 §3.2). */
const INTERVAL_MS = 5_000;

const device = z.object({
  device_code: z.string().min(43),
  user_code: z.string().regex(/^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/),
  verification_uri: z.literal(`${issuer}/device`),
  verification_uri_complete: z.string(),
  expires_in: z.literal(600),
});
type Device = z.output<typeof device>;

async function connect(scope = 'openid orders:read'): Promise<Device> {
  const body = new URLSearchParams({ client_id: 'demo-web', scope });
  const response = await fetch(`${issuer}/device_authorization`, { method: 'POST', body });
  return device.parse(await response.json());
}

function poll({ device_code }: Device, changes: Record<string, string> = {}): Promise<TokenAnswer> {
  return tokenRequest(issuer, { grant_type: GRANT_TYPE, client_id: 'demo-web', device_code, ...changes });
}

/** The page that asks whether this is the person's device. */
async function confirmation(agent: UserAgent, { user_code, verification_uri }: Device): Promise<Stop> {
  return agent.submit(await agent.open(new URL(verification_uri)), '/device', { user_code });
}

async function allow(waiting: Device, agent = new UserAgent(issuer)): Promise<Stop> {
  const loginPage = await agent.submit(await confirmation(agent, waiting), '/device', { confirm: 'yes' });
  const consentPage = await agent.submit(loginPage, '/login', { email: CUSTOMER, password: PASSWORD });
  return agent.submit(consentPage, '/consent', { consent: 'allow' });
}

describe('the session of a browser', () => {
  const minutesOf = ({ headers }: Stop): number => {
    const line = headers.getSetCookie().find((cookie) => cookie.includes('countersign-session='));
    const [, expires = ''] = /expires=([^;]+)/i.exec(line ?? '') ?? [];
    return Math.round((new Date(expires).getTime() - Date.now()) / 60_000);
  };

  it('in which nobody is logged in is kept for as long as a form is', async () => {
    expect(minutesOf(await new UserAgent(issuer).open(new URL('/device', issuer)))).toBe(30);
  });

  it('is kept for two weeks once somebody is', async () => {
    expect(minutesOf(await allow(await connect()))).toBe(14 * 24 * 60);
  });
});

describe('a device without a browser', () => {
  it('gets tokens once the person has logged in elsewhere and said yes, and gets them once', async () => {
    const waiting = await connect();
    expect(await poll(waiting)).toMatchObject({ status: 400, body: { error: 'authorization_pending' } });
    const done = await allow(waiting);
    expect([done.status, done.text]).toEqual([200, expect.stringContaining('The device is connected')]);
    const { status, body } = await poll(waiting);
    const { access_token, refresh_token } = tokens.parse(body);
    expect([status, decodeJwt(access_token)]).toMatchObject([200, { aud: api, scope: 'orders:read' }]);
    expect(await poll(waiting)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    // The second use of a device code ends what the first one gave, as with an authorization code.
    const parameters = { grant_type: 'refresh_token', client_id: 'demo-web', refresh_token };
    expect(await tokenRequest(issuer, parameters)).toMatchObject({ status: 400 });
  });

  it('that asks too often is told to slow down, and not after the interval (RFC 8628 §3.5)', async () => {
    const waiting = await connect();
    const errors = [];
    for (const pause of [0, 0, INTERVAL_MS]) {
      await delay(pause);
      errors.push((await poll(waiting)).body);
    }
    expect(errors).toMatchObject([
      { error: 'authorization_pending' },
      { error: 'slow_down' },
      { error: 'authorization_pending' },
    ]);
  });

  it('is told when the person says no', async () => {
    const waiting = await connect();
    const agent = new UserAgent(issuer);
    const page = await agent.submit(await confirmation(agent, waiting), '/device', { abort: 'yes' });
    expect(page.text).toContain('The device was not connected.');
    expect(await poll(waiting)).toMatchObject({ status: 400, body: { error: 'access_denied' } });
  });

  it('is told when the person does not consent', async () => {
    const waiting = await connect();
    const agent = new UserAgent(issuer);
    const loginPage = await agent.submit(await confirmation(agent, waiting), '/device', { confirm: 'yes' });
    const consentPage = await agent.submit(loginPage, '/login', { email: CUSTOMER, password: PASSWORD });
    await agent.submit(consentPage, '/abort');
    expect(await poll(waiting)).toMatchObject({ status: 400, body: { error: 'access_denied' } });
  });

  it.each<[who: string, changes: Record<string, string>, error: string]>([
    ['with a code that was never given', { device_code: 'x'.repeat(43) }, 'invalid_grant'],
    [
      'as a client that may not use the grant',
      { client_id: 'demo-service', client_secret: 'demo-service-secret' },
      'unauthorized_client',
    ],
  ])('is refused %s', async (_who, changes, error) => {
    expect(await poll(await connect(), changes)).toMatchObject({ body: { error } });
  });
});

describe('the page for a device', () => {
  it('names the client, shows the code, and warns of codes that others send (RFC 8628 §5.4)', async () => {
    const waiting = await connect();
    const { status, text } = await confirmation(new UserAgent(issuer), waiting);
    expect(status).toBe(200);
    expect(text).toContain('Countersign demo');
    expect(text).toContain(waiting.user_code);
    expect(text).toContain('If somebody sent it to you');
  });

  it('takes the code in small letters and without the dash (RFC 8628 §6.1)', async () => {
    const waiting = await connect();
    const typed = waiting.user_code.replace('-', ' ').toLowerCase();
    const page = await confirmation(new UserAgent(issuer), { ...waiting, user_code: typed });
    expect(page.text).toContain(waiting.user_code);
  });

  it('leads on from the complete address, and still asks (RFC 8628 §3.3.1)', async () => {
    const waiting = await connect();
    const agent = new UserAgent(issuer);
    const page = await agent.open(new URL(waiting.verification_uri_complete));
    expect(await agent.submit(page, '/device')).toMatchObject({
      text: expect.stringContaining('Is this your'),
    });
    expect(await poll(waiting)).toMatchObject({ body: { error: 'authorization_pending' } });
  });

  it('is refused when another site sends its form', async () => {
    const { user_code } = await connect();
    const agent = new UserAgent(issuer);
    const page = await agent.open(new URL('/device', issuer));
    const forged = await agent.post(
      page,
      '/device',
      new URLSearchParams({ user_code, confirm: 'yes', xsrf: 'x' }),
    );
    expect(forged.status).toBe(400);
  });

  it('is refused when its form comes without the session that it was shown in', async () => {
    const { user_code } = await connect();
    const body = new URLSearchParams({ user_code, confirm: 'yes', xsrf: 'x' });
    const answer = await fetch(`${issuer}/device`, { method: 'POST', body });
    expect([answer.status, answer.headers.get('set-cookie')]).toEqual([400, null]);
    expect(await answer.text()).toContain('Open the page again');
  });

  it('says when a code is unknown, and when it is used', async () => {
    const agent = new UserAgent(issuer);
    const waiting = await connect();
    const unknown = await confirmation(agent, { ...waiting, user_code: 'BBBB-BBBB' });
    expect(unknown.text).toContain('No device waits with this code');
    expect(unknown.text).toMatch(/id="user_code"[^>]*aria-invalid="true" aria-describedby="problem"/);
    await allow(waiting);
    const used = await confirmation(agent, waiting);
    expect(used.text).toContain('This code has been used');
  });

  it('runs no code, cannot be framed, and is kept by no cache (BCP-19, BCP-22)', async () => {
    const { headers, text } = await new UserAgent(issuer).open(new URL('/device', issuer));
    expect(headers.get('content-security-policy')).toMatch(/default-src 'none'.*frame-ancestors 'none'/);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(text).not.toMatch(/<script|https?:\/\/(?!localhost)/);
  });
});
