import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { DemoWebClient } from '../support/demo-web-client.ts';
import { AdminCaller, adminToken, logInTo, operator, publicClient } from '../support/operator.ts';
import { TestStack } from '../support/test-stack.ts';
import { UserAgent } from '../support/user-agent.ts';

const CUSTOMER = '6f1c2a54-0f3b-4d0e-9a57-1d0b1c7e0001';
const MERCHANT = '6f1c2a54-0f3b-4d0e-9a57-1d0b1c7e0003';
const ADMIN = '6f1c2a54-0f3b-4d0e-9a57-1d0b1c7e0004';
const NOBODY = '6f1c2a54-0f3b-4d0e-9a57-1d0b1c7e00ff';
const SCOPE = 'openid offline_access clients:admin accounts:admin';

const page = z.object({
  data: z.array(z.object({ id: z.string(), email: z.string() }).loose()),
  next_cursor: z.string().nullable(),
});

let stack: TestStack;
let admin: AdminCaller;

beforeAll(async () => {
  stack = await TestStack.prepare();
  await stack.start(['auth']);
  admin = await operator(stack.issuer);
  await admin.call('POST', '/clients', publicClient('console', SCOPE));
});

afterAll(() => stack.dispose());

const web = () => new DemoWebClient(stack.issuer);
const emails = async (query: string) =>
  page.parse((await admin.call('GET', `/accounts${query}`)).body).data.map(({ email }) => email);

/** An administrator, as a person who has logged in to the administrators' client. */
async function adminInPerson(): Promise<AdminCaller> {
  const request = { scope: SCOPE, resource: `${stack.issuer}/admin` };
  const { access_token: token } = await logInTo(stack.issuer, 'console', 'admin@example.com', request);
  return new AdminCaller(stack.issuer, token);
}

describe('the list of accounts', () => {
  it('has every account on one of its pages, and no password', async () => {
    const seen: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const { body } = await admin.call(
        'GET',
        `/accounts?limit=3${cursor === '' ? '' : `&cursor=${cursor}`}`,
      );
      expect(JSON.stringify(body)).not.toMatch(/password|argon2/);
      const { data, next_cursor } = page.parse(body);
      seen.push(...data.map(({ email }) => email));
      cursor = next_cursor;
    }
    expect(seen.toSorted()).toEqual([
      'admin@example.com',
      'customer2@example.com',
      'customer@example.com',
      'merchant@example.com',
    ]);
  });

  it.each<[search: string, query: string, found: readonly string[]]>([
    ['a part of an address', '?email=merch', ['merchant@example.com']],
    ['it in upper case', '?email=MERCH', ['merchant@example.com']],
    ['a pattern, which is a text like another', '?email=%25', []],
    ['a quote', "?email='%20OR%20'1'='1", []],
  ])('is searched by %s', async (_search, query, found) => {
    expect(await emails(query)).toEqual(found);
  });
});

describe('an account that an administrator disables', () => {
  it('cannot refresh or log in until it is enabled, and what it had stays ended', async () => {
    const { refresh_token: token } = await web().logIn('merchant@example.com', {
      scope: 'openid offline_access orders:read',
    });
    expect(await admin.call('POST', `/accounts/${MERCHANT}/disable`)).toMatchObject({
      status: 200,
      body: { disabled_at: expect.any(String) },
    });
    expect(await web().refresh(token)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    await expect(web().logIn('merchant@example.com')).rejects.toThrow(/no form to \/consent/);

    expect(await admin.call('POST', `/accounts/${MERCHANT}/enable`)).toMatchObject({
      body: { disabled_at: null },
    });
    expect(await web().refresh(token)).toMatchObject({ status: 400 });
    expect(await web().logIn('merchant@example.com')).toHaveProperty('access_token');
  });

  it('that is an administrator is out at once, with the token that he still has (ASVS 8.3.2)', async () => {
    const person = await adminInPerson();
    expect(await person.call('GET', '/clients')).toMatchObject({ status: 200 });
    await admin.call('POST', `/accounts/${ADMIN}/disable`);
    expect(await person.call('GET', '/clients')).toMatchObject({ status: 401 });
    await admin.call('POST', `/accounts/${ADMIN}/enable`);
    expect(await person.call('GET', '/clients')).toMatchObject({ status: 401 });
  });
});

const withLink = z.object({ id: z.uuid(), password_link: z.object({ url: z.url() }) });
const CHOSEN = 'kettle window bicycle';
let people = 0;

async function create(fields: object = {}): Promise<{ id: string; email: string; link: URL }> {
  const email = `made${++people}@example.com`;
  const person = { email, name: 'Mae Made', roles: ['customer'], ...fields };
  const { id, password_link: link } = withLink.parse((await admin.call('POST', '/accounts', person)).body);
  return { id, email, link: new URL(link.url) };
}

/** Chooses a password behind a link. @returns the status of the last page */
async function choose(link: URL): Promise<number> {
  const agent = new UserAgent(stack.issuer);
  const form = await agent.open(link);
  if (form.status !== 200) return form.status;
  return (await agent.submit(form, '/password/reset', { password: CHOSEN, again: CHOSEN })).status;
}

describe('an account that an administrator makes', () => {
  it('is its owner’s from the link on, which is good once and says nothing about the address', async () => {
    const { email, link } = await create();
    expect([await choose(link), await choose(link)]).toEqual([200, 410]);
    const { id_token: idToken = '' } = await new DemoWebClient(stack.issuer, CHOSEN).logIn(email, {
      scope: 'openid email orders:read',
    });
    const claims: unknown = JSON.parse(Buffer.from(idToken.split('.')[1] ?? '', 'base64url').toString());
    expect(claims).toMatchObject({ email, email_verified: false });
  });

  it.each<[deviation: string, fields: object, status: number, code: string | null]>([
    ['whose address is taken', { email: 'Customer@example.com' }, 409, 'account_exists'],
    ['whose address is none', { email: 'a@example.com\nBcc: b@example.com' }, 400, null],
    ['whose name has control characters', { name: 'a\u001B[2J' }, 400, null],
    ['without a name', { name: ' ' }, 400, null],
    ['without roles', { roles: undefined }, 400, null],
    ['with a role that there is not', { roles: ['root'] }, 400, null],
    ['with a password (mass assignment)', { password: CHOSEN }, 400, null],
    ['whose address is verified (mass assignment)', { email_verified: true }, 400, null],
  ])('%s is refused', async (_deviation, fields, status, code) => {
    const person = { email: 'refused@example.com', name: 'Rae Refused', roles: ['customer'], ...fields };
    const answer = await admin.call('POST', '/accounts', person);
    expect(answer).toMatchObject({ status, ...(code !== null && { body: { code } }) });
    expect(await emails('?email=refused')).toEqual([]);
  });
});

describe('a link to a password that an administrator hands out', () => {
  it.each<[reason: string, end: (id: string) => Promise<unknown>]>([
    ['there is a newer one', (id) => admin.call('POST', `/accounts/${id}/password-reset`)],
    ['the account got other roles', (id) => admin.call('PUT', `/accounts/${id}/roles`, { roles: ['admin'] })],
    ['the account is disabled', (id) => admin.call('POST', `/accounts/${id}/disable`)],
  ])('is good no longer when %s', async (_reason, end) => {
    const { id, link } = await create();
    await end(id);
    expect(await choose(link)).toBe(410);
  });

  it('is refused for an account that is disabled', async () => {
    const { id } = await create();
    await admin.call('POST', `/accounts/${id}/disable`);
    const answer = await admin.call('POST', `/accounts/${id}/password-reset`);
    expect(answer).toMatchObject({ status: 409, body: { code: 'account_disabled' } });
  });

  it('is not in the log', async () => {
    const { id, link } = await create();
    const token = link.searchParams.get('token') ?? '';
    await stack.linesWith(id, 1);
    await choose(link);
    expect(stack.lines.map(({ text }) => text).join('\n')).not.toContain(token);
  });
});

describe('roles that an administrator sets', () => {
  it('are those of the next access token', async () => {
    await admin.call('PUT', `/accounts/${CUSTOMER}/roles`, { roles: ['customer', 'merchant'] });
    const { access_token: token } = await web().logIn('customer@example.com');
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as {
      roles: unknown;
    };
    expect(claims.roles).toEqual(['customer', 'merchant']);
    await admin.call('PUT', `/accounts/${CUSTOMER}/roles`, { roles: ['customer'] });
  });

  it('without admin end an administrator at once (ASVS 8.3.2)', async () => {
    const person = await adminInPerson();
    await admin.call('PUT', `/accounts/${ADMIN}/roles`, { roles: ['customer'] });
    expect(await person.call('GET', '/accounts')).toMatchObject({ status: 403 });
    await admin.call('PUT', `/accounts/${ADMIN}/roles`, { roles: ['admin'] });
    expect(await person.call('GET', '/accounts')).toMatchObject({ status: 200 });
  });

  it.each<[deviation: string, body: unknown]>([
    ['a role that there is not', { roles: ['root'] }],
    ['a role twice', { roles: ['admin', 'admin'] }],
    ['text', { roles: 'admin' }],
    ['nothing', {}],
    ['a password besides (mass assignment)', { roles: ['customer'], passwordHash: 'x' }],
    ['an address besides (mass assignment)', { roles: ['customer'], email: 'x@example.com' }],
  ])('are refused when they are %s', async (_deviation, body) => {
    expect(await admin.call('PUT', `/accounts/${CUSTOMER}/roles`, body)).toMatchObject({ status: 400 });
  });
});

describe('an administrator', () => {
  it('signs a person out everywhere', async () => {
    const scope = 'openid offline_access orders:read';
    const { refresh_token: token } = await web().logIn('customer2@example.com', { scope });
    const id = CUSTOMER.replace(/1$/, '2');
    expect(await admin.call('POST', `/accounts/${id}/sign-out`)).toMatchObject({ status: 200 });
    expect(await web().refresh(token)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
  });

  it('who is signed out everywhere is out of the admin API at once, with the token that he still has', async () => {
    const person = await adminInPerson();
    expect(await person.call('GET', '/clients')).toMatchObject({ status: 200 });
    await admin.call('POST', `/accounts/${ADMIN}/sign-out`);
    expect(await person.call('GET', '/clients')).toMatchObject({ status: 401 });
    expect(await (await adminInPerson()).call('GET', '/clients')).toMatchObject({ status: 200 });
  });

  it.each<[action: string, method: string, path: string, body: unknown]>([
    ['disable himself', 'POST', '/disable', undefined],
    ['change his own roles', 'PUT', '/roles', { roles: ['admin'] }],
    ['get a password without the one that he has (ASVS 6.2.3)', 'POST', '/password-reset', undefined],
  ])('cannot %s', async (_action, method, path, body) => {
    const person = await adminInPerson();
    const answer = await person.call(method, `/accounts/${ADMIN}${path}`, body);
    expect(answer).toMatchObject({ status: 409, body: { code: 'account_own' } });
  });

  it.each<[method: string, path: string, body: unknown]>([
    ['GET', '', undefined],
    ['POST', '/disable', undefined],
    ['POST', '/enable', undefined],
    ['POST', '/sign-out', undefined],
    ['POST', '/password-reset', undefined],
    ['PUT', '/roles', { roles: [] }],
  ])('is told that there is no such account: %s %s', async (method, path, body) => {
    const answer = await admin.call(method, `/accounts/${NOBODY}${path}`, body);
    expect(answer).toMatchObject({ status: 404, body: { code: 'account_not_found' } });
  });
});

describe('an administrator of accounts whose token lacks another admin scope', () => {
  const narrow = async (scope: string) =>
    new AdminCaller(stack.issuer, await adminToken(stack.issuer, { scope }));
  const state = async (id: string) => (await admin.call('GET', `/accounts/${id}`)).body;

  it.each<[deed: string, method: string, path: string, body: unknown]>([
    ['make an administrator', 'PUT', `/${CUSTOMER}/roles`, { roles: ['admin'] }],
    ['make one who keeps his roles', 'PUT', `/${CUSTOMER}/roles`, { roles: ['customer', 'admin'] }],
    ['take the role from one', 'PUT', `/${ADMIN}/roles`, { roles: ['customer'] }],
    ['leave one as he is', 'PUT', `/${ADMIN}/roles`, { roles: ['admin'] }],
    ['disable one', 'POST', `/${ADMIN}/disable`, undefined],
    ['enable one', 'POST', `/${ADMIN}/enable`, undefined],
    ['sign one out', 'POST', `/${ADMIN}/sign-out`, undefined],
    ['set the password of one', 'POST', `/${ADMIN}/password-reset`, undefined],
    ['make a new one', 'POST', '', { email: 'above@example.com', name: 'Abe Above', roles: ['admin'] }],
    ['disable one whose id is in capitals', 'POST', `/${ADMIN.toUpperCase()}/disable`, undefined],
  ])('cannot %s, and nothing changes', async (_deed, method, path, body) => {
    const before = [await state(CUSTOMER), await state(ADMIN)];
    for (const scope of ['accounts:admin', 'accounts:admin keys:admin', 'accounts:admin clients:admin']) {
      const answer = await (await narrow(scope)).call(method, `/accounts${path}`, body);
      expect(answer).toMatchObject({ status: 403, body: { code: 'account_above_caller' } });
    }
    expect([await state(CUSTOMER), await state(ADMIN)]).toEqual(before);
  });

  it('ends no session of an administrator', async () => {
    const person = await adminInPerson();
    await (await narrow('accounts:admin')).call('POST', `/accounts/${ADMIN}/sign-out`);
    expect(await person.call('GET', '/clients')).toMatchObject({ status: 200 });
  });

  it.each<[deed: string, method: string, path: string, body: unknown]>([
    ['set roles below', 'PUT', '/roles', { roles: ['merchant'] }],
    ['take every role', 'PUT', '/roles', { roles: [] }],
    ['give it back', 'PUT', '/roles', { roles: ['customer'] }],
    ['disable', 'POST', '/disable', undefined],
    ['enable', 'POST', '/enable', undefined],
    ['sign out', 'POST', '/sign-out', undefined],
    ['hand out a link to', 'POST', '/password-reset', undefined],
  ])('can still %s anyone else', async (_deed, method, path, body) => {
    const answer = await (await narrow('accounts:admin')).call(method, `/accounts/${CUSTOMER}${path}`, body);
    expect(answer).toMatchObject({ status: 200 });
  });
});

describe('the log', () => {
  it('has a line for what an administrator did, was refused, and no secret', async () => {
    const created = await admin.call('POST', '/clients', {
      client_id: 'logged',
      grant_types: ['client_credentials'],
      scope: 'orders:read',
    });
    await admin.call('DELETE', '/clients/nobody');
    await stack.linesWith('"target":"/admin/clients/nobody"', 1); // the last: all that came before it is there
    const lines = (await stack.linesWith('admin action', 2)).map(({ text }) => JSON.parse(text) as object);
    expect(lines).toContainEqual(
      expect.objectContaining({
        action: 'POST /admin/clients',
        target: '/admin/clients/logged',
        outcome: 'done',
        subject: 'countersign-admin',
        clientId: 'countersign-admin',
      }),
    );
    expect(lines).toContainEqual(
      expect.objectContaining({
        action: 'DELETE /admin/clients/:client_id',
        target: '/admin/clients/nobody',
        outcome: 'refused',
      }),
    );
    const { client_secret: secret } = created.body as { client_secret: string };
    const everything = stack.lines.map(({ text }) => text).join('\n');
    expect(everything).not.toContain(secret);
    expect(everything).not.toContain('admin-demo-secret');
  });
});
