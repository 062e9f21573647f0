import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from '@jest/globals';
import { issuer } from '../support/running-stack.ts';

const TOOLS = join(import.meta.dirname, '..', '..', 'tools');
const ACCOUNT = '6f1c2a54-0f3b-4d0e-9a57-1d0b1c7e0001';
const suffix = crypto.randomUUID().slice(0, 8);

type Variables = Readonly<Record<string, string>>;

/** Runs a command as `npm run clients` and `npm run accounts` do. */
async function run(tool: 'clients' | 'accounts', args: readonly string[], environment: Variables = {}) {
  const child = spawn(process.execPath, [join(TOOLS, `${tool}.ts`), ...args], {
    env: { PATH: process.env['PATH'], ISSUER: issuer, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { exitCode: child.exitCode, stdout, stderr };
}

describe('the commands for clients', () => {
  it('take a client from its registration to its end', async () => {
    const id = `cli-${suffix}`;
    const created = await run('clients', [
      'create',
      id,
      '--grant',
      'client_credentials',
      '--scope',
      'orders:read',
    ]);
    expect(created).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/shown this once:\n[\w-]{43}\n$/),
    });
    expect((await run('clients', ['list'])).stdout).toMatch(new RegExp(`^${id} `, 'm'));
    const changed = await run('clients', ['update', id, '--name', 'A name', '--json']);
    expect(JSON.parse(changed.stdout)).toMatchObject({ client_id: id, client_name: 'A name' });
    expect((await run('clients', ['disable', id])).stdout).toMatch(/disabled since/);
    expect((await run('clients', ['enable', id])).stdout).toMatch(/state +enabled/);
    expect(await run('clients', ['delete', id])).toMatchObject({ exitCode: 2 });
    expect(await run('clients', ['delete', id, '--yes'])).toMatchObject({ exitCode: 0 });
    expect(await run('clients', ['show', id])).toMatchObject({
      exitCode: 1,
      stderr: `clients: There is no client ${id}.\n`,
    });
  });
});

describe('the commands for accounts', () => {
  it('show people, and no password', async () => {
    const { exitCode, stdout } = await run('accounts', ['list', '--email', 'MERCHANT']);
    expect({ exitCode, stdout }).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('Mira Merchant'),
    });
    expect((await run('accounts', ['show', ACCOUNT])).stdout).toMatch(/^email +customer@example.com$/m);
  });

  it('make one, and show the link to its password', async () => {
    const email = `cli-${suffix}@example.com`;
    const link = /good once, for 30 minutes:\nhttp\S+\/password\/reset\?token=[\w-]{43}\n$/;
    const created = await run('accounts', ['create', email, '--name', 'Cleo Line', '--role', 'customer']);
    expect(created).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(link) });
    const [id = ''] = /[0-9a-f-]{36}/.exec(created.stdout) ?? [];
    expect(await run('accounts', ['reset-password', id])).toMatchObject({
      stdout: expect.stringMatching(link),
    });
    expect((await run('accounts', ['show', id])).stdout).not.toContain('token=');
    expect((await run('accounts', ['disable', id])).stdout).toMatch(/disabled since/);
  });
});

describe('a command says in a line why it failed (exit code 1), when', () => {
  it.each<[reason: string, environment: Variables, line: RegExp]>([
    ['the secret is wrong', { ADMIN_CLIENT_SECRET: 'wrong' }, /compare ADMIN_CLIENT_SECRET/],
    ['the file of the secret is not there', { ADMIN_CLIENT_SECRET_FILE: '/none' }, /cannot read \/none/],
    [
      'nobody listens there',
      { ISSUER: 'http://127.0.0.1:1' },
      /cannot be reached at http:\/\/127\.0\.0\.1:1/,
    ],
    ['the issuer is no address', { ISSUER: 'issuer' }, /ISSUER is not a URL/],
  ])('%s', async (_reason, environment, line) => {
    const { exitCode, stdout, stderr } = await run('clients', ['list'], environment);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toMatch(line);
    expect(stderr.trimEnd()).not.toContain('\n');
  });
});

describe('a command says how it is used (exit code 2), when it is given', () => {
  it.each<[what: string, tool: 'clients' | 'accounts', args: readonly string[], line: RegExp]>([
    ['nothing', 'clients', [], /^$/],
    ['another name', 'clients', ['frobnicate'], /no command "frobnicate"/],
    ['a name of every object', 'clients', ['constructor'], /no command "constructor"/],
    ['no client', 'clients', ['show'], /show needs <client_id>/],
    ['two clients', 'clients', ['show', 'a', 'b'], /show needs <client_id>/],
    ['an empty client', 'clients', ['show', ''], /show needs <client_id>/],
    ['a client that is a path', 'clients', ['delete', '../keys', '--yes'], /cannot be a client_id/],
    ['a client that would move the cursor', 'clients', ['show', '\u001B[2J'], /cannot be a client_id/],
    ['an option that there is not', 'clients', ['list', '--all'], /--all/],
    ['an option without its value', 'clients', ['create', 'x', '--scope'], /--scope/],
    ['a flag that is neither', 'clients', ['create', 'x', '--dpop', 'yes'], /--dpop is true or false/],
    ['a file that is not there', 'clients', ['create', 'x', '--metadata', '/none'], /cannot be read as JSON/],
    ['a file that is no JSON', 'clients', ['create', 'x', '--metadata', '/etc/hostname'], /JSON/],
    ['an overlap of a century', 'clients', ['rotate-secret', 'x', '--overlap-hours', '876000'], /up to 168/],
    ['nothing to change', 'clients', ['update', 'demo-web'], /needs something to change/],
    ['an address for an account', 'accounts', ['show', 'a@example.com'], /is not the id of an account/],
    ['no name', 'accounts', ['create', 'a@example.com', '--none'], /create needs --name/],
    ['no role', 'accounts', ['roles', ACCOUNT], /needs --role once or more, or --none/],
    ['roles and none', 'accounts', ['roles', ACCOUNT, '--role', 'admin', '--none'], /or --none/],
  ])('%s', async (_what, tool, args, line) => {
    const { exitCode, stderr } = await run(tool, args);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(line);
    expect(stderr).not.toContain('\u001B');
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  it('--help, which is no fault', async () => {
    expect(await run('clients', ['--help'])).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/rotate-secret/),
    });
    expect(await run('clients', ['create', '--help'])).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/--redirect-uri/),
    });
  });
});
