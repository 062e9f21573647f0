import { z } from 'zod';
import { allPages, listing, runCli, table, UsageError, type Command, type Options } from './admin-cli.ts';

/** `npm run accounts`: the people who can log in, from a terminal. */

const account = z.object({
  id: z.string(),
  email: z.string(),
  name: z.string(),
  roles: z.array(z.string()),
  disabled_at: z.string().nullable(),
  created_at: z.string(),
  password_link: z.object({ url: z.string(), expires_in: z.number() }).optional(),
});

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

function pathOf([id = '']: readonly string[], action = ''): string {
  if (!UUID.test(id))
    throw new UsageError(`${JSON.stringify(id)} is not the id of an account; list --email finds it`);
  return `/accounts/${id}${action}`;
}

function printAccount(answer: unknown): string {
  const { id, email, name, roles, disabled_at, created_at, password_link: link } = account.parse(answer);
  const lines = listing([
    ['id', id],
    ['email', email],
    ['name', name],
    ['roles', roles.join(' ') || 'none'],
    ['state', disabled_at === null ? 'enabled' : `disabled since ${disabled_at}`],
    ['created', created_at],
  ]);
  if (link === undefined) return lines;
  const minutes = Math.floor(link.expires_in / 60);
  return `${lines}\n\nGive this to the person and to nobody else: whoever opens it chooses the password. It is good once, for ${minutes} minutes:\n${link.url}`;
}

function printAccounts(answer: unknown): string {
  const rows = z
    .array(account)
    .parse(answer)
    .map(({ id, email, name, roles, disabled_at }) => [
      id,
      email,
      name,
      roles.join(' '),
      disabled_at === null ? '' : 'disabled',
    ]);
  return table(['ID', 'EMAIL', 'NAME', 'ROLES', ''], rows);
}

const ONE = ['<account_id>'];
const act = (summary: string, action: string): Command => ({
  summary,
  positionals: ONE,
  run: ({ api, positionals }) => api.call('POST', pathOf(positionals, action), {}),
  print: printAccount,
});

const ROLE_OPTIONS = { role: { type: 'string', multiple: true }, none: { type: 'boolean' } } as const;
const ROLE_HELP = ['--role  customer, merchant or admin; may be repeated', '--none  no role at all'];

function rolesOf(options: Options): readonly unknown[] {
  const roles = (options['role'] ?? []) as readonly unknown[];
  if ((options['none'] === true) === roles.length > 0)
    throw new UsageError('it needs --role once or more, or --none');
  return roles;
}

const commands: Readonly<Record<string, Command>> = {
  list: {
    summary: 'all accounts',
    options: { email: { type: 'string' } },
    optionsHelp: ['--email  those with this text in their address'],
    run: ({ api, options }) => allPages(api, '/accounts', { email: String(options['email'] ?? '') }),
    print: printAccounts,
  },
  show: {
    summary: 'one account',
    positionals: ONE,
    run: ({ api, positionals }) => api.call('GET', pathOf(positionals)),
    print: printAccount,
  },
  create: {
    summary: 'make an account; the answer has a link by which its owner chooses a password',
    positionals: ['<email>'],
    options: { name: { type: 'string' }, ...ROLE_OPTIONS },
    optionsHelp: ['--name  what the person is called', ...ROLE_HELP],
    run: ({ api, positionals: [email], options }) => {
      const { name } = options;
      if (name === undefined) throw new UsageError('create needs --name');
      return api.call('POST', '/accounts', { email, name, roles: rolesOf(options) });
    },
    print: printAccount,
  },
  'reset-password': act(
    'a link by which the person chooses another password; until then nothing changes',
    '/password-reset',
  ),
  disable: act('no more logins; sessions, grants and tokens end', '/disable'),
  enable: act('logins again; what ended stays ended', '/enable'),
  'sign-out': act('sessions, grants and tokens end; the person can log in again', '/sign-out'),
  roles: {
    summary: 'set the roles of the tokens to come',
    positionals: ONE,
    options: ROLE_OPTIONS,
    optionsHelp: ROLE_HELP,
    run: ({ api, positionals, options }) =>
      api.call('PUT', pathOf(positionals, '/roles'), { roles: rolesOf(options) }),
    print: printAccount,
  },
};

await runCli(
  {
    name: 'accounts',
    about: 'The people who can log in.',
    // Who makes an administrator, or touches one, needs all that one may have.
    scope: 'accounts:admin clients:admin keys:admin',
    commands,
  },
  process.argv.slice(2),
);
