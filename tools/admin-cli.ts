import { parseArgs, type ParseArgsConfig } from 'node:util';
import { z } from 'zod';
import { AdminApi, AdminApiError } from './admin-api.ts';

const pageAnswer = z.object({ data: z.array(z.unknown()), next_cursor: z.string().nullable() });

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

/** What was typed cannot be done: the usage is printed after it. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export type Options = Readonly<Record<string, string | boolean | readonly (string | boolean)[] | undefined>>;

export interface Invocation {
  readonly api: AdminApi;
  /** As many as the command has names for. */
  readonly positionals: readonly string[];
  readonly options: Options;
}

export interface Command {
  readonly summary: string;
  /** Names of what has to follow the command, such as `<client_id>`. */
  readonly positionals?: readonly string[];
  readonly options?: NonNullable<ParseArgsConfig['options']>;
  /** One line for each option. */
  readonly optionsHelp?: readonly string[];
  /** @returns what `--json` prints */
  run(invocation: Invocation): Promise<unknown>;
  /** The same, for people. */
  print(answer: unknown): string;
}

export interface Cli {
  /** As in `npm run <name>`. */
  readonly name: string;
  readonly about: string;
  /** The scopes that the commands need, with a space between. */
  readonly scope: string;
  readonly commands: Readonly<Record<string, Command>>;
}

/** Runs one command of the command line. Exit code 0: done; 1: the issuer refused or is away; 2: the usage is wrong. */
export async function runCli(cli: Cli, args: readonly string[]): Promise<void> {
  const [name, ...rest] = args;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(usage(cli));
    process.exitCode = name === undefined ? EXIT_USAGE : 0;
    return;
  }
  try {
    const command = Object.hasOwn(cli.commands, name) ? cli.commands[name] : undefined;
    if (command === undefined) throw new UsageError(`there is no command ${JSON.stringify(name)}`);
    await runCommand(cli, name, command, rest);
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof AdminApiError)) throw error;
    process.stderr.write(`${cli.name}: ${printable(error.message)}\n`);
    if (error instanceof UsageError) process.stderr.write(`See: npm run ${cli.name} -- --help\n`);
    process.exitCode = error instanceof UsageError ? EXIT_USAGE : EXIT_FAILED;
  }
}

async function runCommand(cli: Cli, name: string, command: Command, args: readonly string[]): Promise<void> {
  const { values, positionals } = parse(command, args);
  if (values['help'] === true) {
    process.stdout.write(commandUsage(cli, name, command));
    return;
  }
  const expected = command.positionals ?? [];
  if (positionals.length !== expected.length || positionals.includes('')) {
    throw new UsageError(`${name} needs ${expected.length === 0 ? 'nothing after it' : expected.join(' ')}`);
  }
  const api = AdminApi.fromEnvironment(cli.scope, process.env);
  const answer = await command.run({ api, positionals, options: values });
  const isJson = values['json'] === true;
  process.stdout.write(`${isJson ? JSON.stringify(answer, null, 2) : printable(command.print(answer))}\n`);
}

function parse(command: Command, args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: { ...command.options, help: { type: 'boolean', short: 'h' }, json: { type: 'boolean' } },
      allowPositionals: true,
      strict: true,
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

function usage(cli: Cli): string {
  const rows = Object.entries(cli.commands).map(
    ([name, { positionals = [], summary }]) => [[name, ...positionals].join(' '), summary] as const,
  );
  const width = Math.max(...rows.map(([call]) => call.length));
  return `${cli.about}

Usage: npm run ${cli.name} -- <command>

${rows.map(([call, summary]) => `  ${call.padEnd(width)}  ${summary}`).join('\n')}

Every command has --help, and --json for programs. ISSUER (default http://localhost:3001) and ADMIN_CLIENT_SECRET or
ADMIN_CLIENT_SECRET_FILE say where the issuer is and how to be let in; npm run reads a file named .env, as npm start does.
`;
}

function commandUsage(
  cli: Cli,
  name: string,
  { positionals = [], summary, optionsHelp = [] }: Command,
): string {
  const call = ['npm run', cli.name, '--', name, ...positionals].join(' ');
  const lines = optionsHelp.map((line) => `  ${line}\n`).join('');
  return `${summary}\n\nUsage: ${call}${lines === '' ? '' : ' [options]'} [--json]\n${lines === '' ? '' : `\n${lines}`}`;
}

/** Names are what strangers typed: a terminal would obey the control characters in them. */
function printable(text: string): string {
  return text.replaceAll(/(?!\n)\p{C}/gu, '\uFFFD');
}

/** Rows as columns, as wide as their widest cell. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...lines.map((cells) => (cells[column] ?? '').length)));
  return lines
    .map((cells) =>
      cells
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Names and values, one a line; what has no value is left out. */
export function listing(entries: readonly (readonly [name: string, value: string | undefined])[]): string {
  const present = entries.filter(([, value]) => value !== undefined && value !== '');
  const width = Math.max(...present.map(([name]) => name.length));
  return present.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join('\n');
}

/** All pages of a list of the admin API. */
export async function allPages(
  api: AdminApi,
  path: string,
  query: Readonly<Record<string, string>> = {},
): Promise<readonly unknown[]> {
  const entries: unknown[] = [];
  let cursor: string | null = null;
  do {
    const parameters = new URLSearchParams({ limit: '100', ...query, ...(cursor !== null && { cursor }) });
    const page = pageAnswer.parse(await api.call('GET', `${path}?${parameters.toString()}`));
    entries.push(...page.data);
    cursor = page.next_cursor;
  } while (cursor !== null);
  return entries;
}
