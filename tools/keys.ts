import { z } from 'zod';
import { runCli, type Command } from './admin-cli.ts';

const keys = z.object({
  data: z.array(
    z.object({
      kid: z.string(),
      alg: z.string(),
      state: z.string(),
      announced_at: z.string(),
      signing_since: z.string().nullable(),
      retired_at: z.string().nullable(),
      revoked_at: z.string().nullable(),
      may_sign_from: z.string().nullable(),
      rotates_at: z.string().nullable(),
      deleted_at: z.string().nullable(),
    }),
  ),
});
type Key = z.output<typeof keys>['data'][number];

const changed = z.object({
  changes: z.array(z.object({ kid: z.string(), alg: z.string(), state: z.string() })),
  warning: z.string().nullable(),
});

function table(rows: readonly (readonly string[])[]): string {
  const widths =
    rows[0]?.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length))) ?? [];
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Since when it is in its state, and what comes next. */
function timesOf(key: Key): readonly [since: string, next: string] {
  const minute = (time: string | null): string => (time === null ? '' : `${time.slice(0, 19)}Z`);
  const since = key.revoked_at ?? key.retired_at ?? key.signing_since ?? key.announced_at;
  if (key.may_sign_from !== null) return [minute(since), `may sign from ${minute(key.may_sign_from)}`];
  if (key.rotates_at !== null) return [minute(since), `retired from ${minute(key.rotates_at)}`];
  return [minute(since), key.deleted_at === null ? '' : `deleted from ${minute(key.deleted_at)}`];
}

function printKeys(answer: unknown): string {
  const rows = keys.parse(answer).data.map((key) => [key.kid, key.alg, key.state, ...timesOf(key)]);
  return table([['KID', 'ALG', 'STATE', 'SINCE', 'NEXT'], ...rows]);
}

function printChange(answer: unknown): string {
  const { changes, warning } = changed.parse(answer);
  const rows = table(changes.map(({ kid, alg, state }) => [kid, alg, `is ${state}`]));
  return warning === null ? rows : `${rows}\nThis has a cost: ${warning}.`;
}

const ofKey = (verb: 'retire' | 'revoke', summary: string): Command => ({
  summary,
  positionals: ['<kid>'],
  run: ({ api, positionals: [kid = ''] }) => api.call('POST', `/keys/${encodeURIComponent(kid)}/${verb}`, {}),
  print: printChange,
});

await runCli(
  {
    name: 'keys',
    about:
      'The signing keys of the issuer. Rotation goes by itself; these are for the days on which it does not do.',
    scope: 'keys:admin',
    commands: {
      list: {
        summary: 'every key, the oldest first',
        run: ({ api }) => api.call('GET', '/keys'),
        print: printKeys,
      },
      announce: {
        summary: 'puts a new key into the JWKS, to sign later',
        positionals: ['<alg>'],
        run: ({ api, positionals: [alg] }) => api.call('POST', '/keys/announce', { alg }),
        print: printChange,
      },
      rotate: {
        summary: 'has the announced key sign, and retires the one that signed',
        positionals: ['<alg>'],
        options: { emergency: { type: 'boolean' } },
        optionsHelp: ['--emergency  without the wait after the announcement; says what that costs'],
        run: ({ api, positionals: [alg], options }) =>
          api.call('POST', '/keys/rotate', { alg, emergency: options['emergency'] === true }),
        print: printChange,
      },
      retire: ofKey(
        'retire',
        'withdraws an announced key, or ends the signing of an algorithm that is out of use',
      ),
      revoke: ofKey(
        'revoke',
        'ends the trust in a key: its tokens die at every verifier, another key signs at once',
      ),
    },
  },
  process.argv.slice(2),
);
