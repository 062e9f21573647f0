import { parseArgs } from 'node:util';
import { BenchedIssuer } from './gateway/benched-issuer.ts';
import { ratioOf, type Measured } from './gateway/closed-rounds.ts';
import {
  startExampleApp,
  startGateway,
  startHaproxy,
  startPeers,
  type Contestant,
} from './gateway/contestants.ts';
import { FLOOD_PER_SECOND, underFlood, VALID_PER_SECOND } from './gateway/under-flood.ts';
import {
  cold,
  COLD_TOKENS,
  LIVE_TOKENS,
  manyTokens,
  publicName,
  refusalName,
  refusals,
  warm,
  WARM_TOKENS,
} from './gateway/workloads.ts';
import { pin } from './load/cpu.ts';
import { machine, print, table, writeReport } from './report.ts';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '1' },
    'flood-seconds': { type: 'string', default: '5' },
  },
});
const rounds = Number(options.rounds);
const closed = { rounds, seconds: Number(options.seconds) };
const LOAD_CORE = 1;
/** Beyond this the load may be what is measured. */
const MAX_LOAD_SHARE = 0.9;

/** What is asked for: `one` at least so many times as fast as `other`. */
interface Target {
  readonly what: string;
  readonly ratio: number | undefined;
  readonly atLeast: number;
}

pin(process.pid, LOAD_CORE);
const on = machine();
const issuer = await BenchedIssuer.start();
const contestants: Contestant[] = [];
try {
  const example = await startExampleApp(issuer);
  contestants.push(example);
  const gateway = await startGateway(issuer);
  contestants.push(gateway, ...(await startPeers(issuer)));
  const haproxy = await startHaproxy(issuer);
  if (haproxy === undefined) print('HAProxy is not installed (Debian: apt-get install haproxy): left out');
  else contestants.push(haproxy);

  const ours = [example, gateway];
  const warmRates = await warm(issuer, contestants, closed);
  const coldRates = await cold(issuer, contestants, closed);
  const refusalRates = await refusals(issuer, ours, closed);
  const flood = await underFlood(issuer, gateway, { rounds, seconds: Number(options['flood-seconds']) });
  const many = await manyTokens(issuer, gateway, closed);

  const nameOf = (id: string): string => contestants.find((each) => each.id === id)?.name ?? '';
  const ratio = (all: readonly Measured[], one: string, other: string): number | undefined =>
    ratioOf(byName(all, one), byName(all, other));
  const nest = nameOf('nest-fastify');
  const proxy = nameOf('haproxy');
  const coldOf = ({ name }: Contestant): number => byName(coldRates, name)?.perSecond ?? Number.NaN;
  const refusalTargets = ours.flatMap((contestant): Target[] => [
    ...['garbage', 'unknown kid'].map((kind) => ({
      what: `${contestant.name}: ${kind} ÷ accepted`,
      ratio: ratio(refusalRates, refusalName(contestant, kind), refusalName(contestant, 'accepted')),
      atLeast: 1,
    })),
    {
      what: `${contestant.name}: bad signature ÷ cold`,
      ratio:
        (byName(refusalRates, refusalName(contestant, 'bad signature'))?.perSecond ?? 0) / coldOf(contestant),
      atLeast: 1,
    },
  ]);
  const targets: readonly Target[] = [
    target(warmRates, 'warm', example.name, publicName(example, '/public'), 0.95),
    target(warmRates, 'warm', gateway.name, publicName(gateway, '/healthz'), 0.95),
    target(warmRates, 'warm', example.name, nest, 6),
    target(warmRates, 'warm', example.name, proxy, 1.8),
    target(coldRates, 'cold', example.name, nest, 2.5),
    target(coldRates, 'cold', example.name, proxy, 0.7),
    ...refusalTargets,
    { what: 'p99 without the flood ÷ with it', ratio: 1 / flood.growth, atLeast: 0.5 },
    {
      what: `${LIVE_TOKENS} live tokens ÷ ${WARM_TOKENS}`,
      ratio: ratioOf(many.rates[0], many.rates[1]),
      atLeast: 0.5,
    },
  ];
  const faults = [
    ...targets
      .filter(({ ratio: reached = Number.POSITIVE_INFINITY, atLeast }) => reached < atLeast)
      .map(({ what, ratio: reached, atLeast }) => `${what}: ${shown(reached)}, not ${atLeast}`),
    ...[...warmRates, ...coldRates, ...refusalRates, ...many.rates]
      .filter(({ loadShare }) => loadShare > MAX_LOAD_SHARE)
      .map(
        ({ name, loadShare }) =>
          `${name}: the load used ${loadShare} of its core, and may be what was measured`,
      ),
    ...(flood.keyFetches > flood.allowedKeyFetches
      ? [`${flood.keyFetches} fetches of the key set in ${flood.seconds} s of unknown kids`]
      : []),
    ...(flood.with.failures + flood.without.failures > 0 ? ['valid requests failed beside the flood'] : []),
  ];

  const rates = (all: readonly Measured[]): string[] =>
    table(
      ['', 'per s', 'CPU µs', 'load core'],
      all.map((one) => [one.name, one.perSecond, one.cpuMicroseconds, one.loadShare]),
    );
  const figures = { warm: warmRates, cold: coldRates, refusals: refusalRates, flood, many, targets };
  writeReport('gateway', { machine: on, ...figures, faults }, [
    '# The gateway on one core',
    '',
    '`npm run bench`, which writes this page. Each server is confined to core 0, the load to core 1, in turns: medians of',
    `${rounds} rounds of ${closed.seconds} s, 32 connections; a ratio is the median of the rounds' ratios. CPU is that of the server for a`,
    'request; the last column is how much of its own core the load used. All have the same RS256 tokens of one 2,048-bit key.',
    'HAProxy answers by itself.',
    '',
    ...table(
      ['asked for', 'at least', 'reached'],
      targets.map(({ what, ratio: reached, atLeast }) => [what, atLeast, shown(reached)]),
    ),
    '',
    `## ${WARM_TOKENS} tokens, again and again`,
    '',
    'Public routes get the same requests, tokens included.',
    '',
    ...rates(warmRates),
    '',
    `## Each token once (at most ${COLD_TOKENS} a round)`,
    '',
    ...rates(coldRates),
    '',
    '## What is refused',
    '',
    ...rates(refusalRates),
    '',
    `## ${FLOOD_PER_SECOND} tokens of unknown kids a second`,
    '',
    `Open loop at the gateway, ${VALID_PER_SECOND} valid requests a second, latency from the appointed time; the p99 grows`,
    `${flood.growth}-fold (median of the rounds). In ${flood.seconds} s the key set was fetched ${flood.keyFetches} times.`,
    '',
    ...table(
      ['', 'p50 ms', 'p99 ms', 'failures'],
      (['without', 'with'] as const).map((name) => [
        `${name} the flood`,
        flood[name].p50Ms,
        flood[name].p99Ms,
        flood[name].failures,
      ]),
    ),
    '',
    `## ${LIVE_TOKENS} live tokens at the gateway`,
    '',
    `Resident memory before they came ${many.residentMiB.before} MiB, afterwards ${many.residentMiB.after} MiB.`,
    '',
    ...rates(many.rates),
    '',
    '```text',
    JSON.stringify(on),
    '```',
  ]);
  for (const fault of faults) print(`FAULT: ${fault}`);
  process.exitCode = faults.length > 0 ? 1 : 0;
} finally {
  await Promise.all(contestants.map((contestant) => contestant.stop()));
  await issuer.stop();
}

function byName(all: readonly Measured[], name: string): Measured | undefined {
  return all.find((one) => one.name === name);
}

function target(
  all: readonly Measured[],
  workload: string,
  one: string,
  other: string,
  atLeast: number,
): Target {
  return {
    what: `${workload}: ${one} ÷ ${other}`,
    ratio: ratioOf(byName(all, one), byName(all, other)),
    atLeast,
  };
}

function shown(ratio: number | undefined): string {
  return ratio === undefined ? 'not measured' : ratio.toFixed(2);
}
