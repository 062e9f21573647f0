import { readFileSync } from 'node:fs';
import { z } from 'zod';
import {
  allPages,
  listing,
  runCli,
  table,
  UsageError,
  type Command,
  type Invocation,
  type Options,
} from './admin-cli.ts';

/** `npm run clients`: the registry of clients, from a terminal. */

const client = z.looseObject({
  client_id: z.string(),
  client_name: z.string().optional(),
  token_endpoint_auth_method: z.string(),
  grant_types: z.array(z.string()),
  client_secret: z.string().optional(),
  previous_secret_expires_at: z.string().nullable(),
  disabled_at: z.string().nullable(),
});

/** Options that set a member of the registration, and how their text becomes its value. */
const MEMBERS = {
  name: ['client_name', 'text', 'what people are shown'],
  'auth-method': [
    'token_endpoint_auth_method',
    'text',
    'client_secret_basic (default), client_secret_post, private_key_jwt, none',
  ],
  grant: [
    'grant_types',
    'list',
    'authorization_code, refresh_token, client_credentials, device_code, token-exchange; may be repeated',
  ],
  'redirect-uri': ['redirect_uris', 'list', 'compared to the letter; may be repeated'],
  'post-logout-redirect-uri': ['post_logout_redirect_uris', 'list', 'may be repeated'],
  scope: ['scope', 'text', 'all that the client may ask for, with a space between'],
  role: ['roles', 'list', 'role of the tokens that it gets for itself; may be repeated'],
  'token-format': ['access_token_format', 'text', 'jwt (default) or opaque'],
  'id-token-algorithm': ['id_token_signed_response_alg', 'text', 'RS256 (default), PS256, ES256 or EdDSA'],
  'resource-server': ['resource_server', 'text', 'the resource identifier whose tokens it may introspect'],
  'backchannel-logout-uri': ['backchannel_logout_uri', 'text', 'where it is told of logouts'],
  jwks: ['jwks', 'file', 'a file with its public keys, for private_key_jwt'],
  'require-par': ['require_pushed_authorization_requests', 'flag', 'true or false'],
  dpop: ['dpop_bound_access_tokens', 'flag', 'true or false: tokens bound to a key alone'],
} as const satisfies Record<
  string,
  readonly [member: string, kind: 'text' | 'list' | 'file' | 'flag', help: string]
>;

const MEMBER_OPTIONS = {
  ...Object.fromEntries(
    Object.entries(MEMBERS).map(([name, [, kind]]) => [
      name,
      { type: 'string' as const, multiple: kind === 'list' },
    ]),
  ),
  metadata: { type: 'string' as const },
};
const MEMBER_HELP = [
  ...Object.entries(MEMBERS).map(([name, [, , help]]) => `--${name.padEnd(26)}${help}`),
  `--${'metadata'.padEnd(26)}a file with any of it as JSON (RFC 7591); - reads standard input`,
];

const SHORT_GRANTS: Readonly<Record<string, string>> = {
  device_code: 'urn:ietf:params:oauth:grant-type:device_code',
  'token-exchange': 'urn:ietf:params:oauth:grant-type:token-exchange',
};

function registrationOf(options: Options): Record<string, unknown> {
  const registration: Record<string, unknown> = { ...readJson(options['metadata']) };
  for (const [name, [member, kind]] of Object.entries(MEMBERS)) {
    const value = options[name];
    if (value !== undefined) registration[member] = valueOf(name, kind, value);
  }
  return registration;
}

function valueOf(name: string, kind: 'text' | 'list' | 'file' | 'flag', value: Options[string]): unknown {
  switch (kind) {
    case 'list':
      return Array.isArray(value) ? value.map((entry) => SHORT_GRANTS[String(entry)] ?? entry) : [value];
    case 'file':
      return readJson(value);
    case 'flag':
      if (value !== 'true' && value !== 'false') throw new UsageError(`--${name} is true or false`);
      return value === 'true';
    default:
      return value;
  }
}

function readJson(file: Options[string]): object | undefined {
  if (file === undefined) return undefined;
  const path = file === '-' ? '/dev/stdin' : String(file);
  try {
    const content: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (typeof content === 'object' && content !== null && !Array.isArray(content)) return content;
  } catch (cause) {
    throw new UsageError(
      `${path} cannot be read as JSON: ${cause instanceof Error ? cause.message : 'no reason'}`,
      { cause },
    );
  }
  throw new UsageError(`${path} does not hold a JSON object`);
}

/** A path for a client, of what can be an id alone: anything else could be another path. */
function pathOf([clientId = '']: readonly string[], action = ''): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(clientId))
    throw new UsageError(`${JSON.stringify(clientId)} cannot be a client_id`);
  return `/clients/${clientId}${action}`;
}

function printClient(answer: unknown): string {
  const {
    client_id,
    client_secret,
    client_secret_expires_at: _expiry,
    disabled_at,
    ...rest
  } = client.parse(answer);
  const details = Object.entries(rest)
    .filter(([, value]) => value !== null && !(Array.isArray(value) && value.length === 0))
    .map(([name, value]) => [name, textOf(name, value)] as const)
    .toSorted(([a], [b]) => a.localeCompare(b));
  const lines = listing([
    ['client_id', client_id],
    ['state', disabled_at === null ? 'enabled' : `disabled since ${disabled_at}`],
    ...details,
  ]);
  if (client_secret === undefined) return lines;
  return `${lines}\n\nIts secret, which is shown this once:\n${client_secret}`;
}

function textOf(name: string, value: unknown): string {
  if (name === 'client_id_issued_at') return new Date(Number(value) * 1_000).toISOString();
  if (Array.isArray(value)) return value.join(' ');
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function printClients(answer: unknown): string {
  const rows = z
    .array(client)
    .parse(answer)
    .map((entry) => [
      entry.client_id,
      entry.client_name ?? '',
      entry.token_endpoint_auth_method,
      entry.grant_types.map((grant) => grant.split(':').at(-1)).join(' '),
      entry.disabled_at === null ? '' : 'disabled',
    ]);
  return table(['CLIENT_ID', 'NAME', 'AUTHENTICATES BY', 'GRANTS', ''], rows);
}

const ONE = ['<client_id>'];
const act = (summary: string, action: string): Command => ({
  summary,
  positionals: ONE,
  run: ({ api, positionals }) => api.call('POST', pathOf(positionals, action), {}),
  print: printClient,
});

const commands: Readonly<Record<string, Command>> = {
  list: {
    summary: 'all clients',
    run: ({ api }) => allPages(api, '/clients'),
    print: printClients,
  },
  show: {
    summary: 'one client, without its secret, which nobody can show again',
    positionals: ONE,
    run: ({ api, positionals }) => api.call('GET', pathOf(positionals)),
    print: printClient,
  },
  create: {
    summary: 'register a client; its secret is made and shown once',
    positionals: ONE,
    options: MEMBER_OPTIONS,
    optionsHelp: MEMBER_HELP,
    run: ({ api, positionals, options }) => {
      pathOf(positionals);
      return api.call('POST', '/clients', { ...registrationOf(options), client_id: positionals[0] });
    },
    print: printClient,
  },
  update: {
    summary: 'change what is named, and leave the rest',
    positionals: ONE,
    options: { ...MEMBER_OPTIONS, clear: { type: 'string', multiple: true } },
    optionsHelp: [
      ...MEMBER_HELP,
      `--${'clear'.padEnd(26)}a member of the registration to take away; may be repeated`,
    ],
    run: update,
    print: printClient,
  },
  'rotate-secret': {
    summary: 'a new secret, shown once',
    positionals: ONE,
    options: { 'overlap-hours': { type: 'string' } },
    optionsHelp: [
      `--${'overlap-hours'.padEnd(26)}for how long the present one is good besides: 0 (default) to 168`,
    ],
    run: ({ api, positionals, options }) =>
      api.call('POST', pathOf(positionals, '/secret'), { overlap_hours: hoursOf(options['overlap-hours']) }),
    print: printClient,
  },
  disable: act('no more tokens and logins; what it was given ends', '/disable'),
  enable: act('tokens and logins again; what ended stays ended', '/enable'),
  delete: {
    summary: 'remove a client for good; what it was given ends',
    positionals: ONE,
    options: { yes: { type: 'boolean' } },
    optionsHelp: [`--${'yes'.padEnd(26)}needed: it cannot be undone`],
    run: remove,
    print: () => 'deleted',
  },
};

function update({ api, positionals, options }: Invocation): Promise<unknown> {
  const cleared = (options['clear'] as readonly string[] | undefined) ?? [];
  const changes = {
    ...registrationOf(options),
    ...Object.fromEntries(cleared.map((member) => [member, null])),
  };
  if (Object.keys(changes).length === 0) throw new UsageError('update needs something to change');
  return api.call('PATCH', pathOf(positionals), changes);
}

async function remove({ api, positionals, options }: Invocation): Promise<unknown> {
  const path = pathOf(positionals);
  if (options['yes'] !== true)
    throw new UsageError('delete cannot be undone: say --yes, or disable the client instead');
  await api.call('DELETE', path);
  return { deleted: positionals[0] };
}

function hoursOf(text: Options[string]): number {
  if (text === undefined) return 0;
  if (!/^\d{1,3}$/.test(String(text)))
    throw new UsageError('--overlap-hours is a whole number of hours, up to 168');
  return Number(text);
}

await runCli(
  {
    name: 'clients',
    about: 'The clients that may ask the issuer for tokens.',
    // Who registers a client for administrators needs the scopes that it gets.
    scope: 'clients:admin keys:admin accounts:admin',
    commands,
  },
  process.argv.slice(2),
);
