import { parseArgs } from 'node:util';
import { startBareIssuer } from './issuer/bare-issuer.ts';
import { ONE_CORE_NODE_OPTIONS, type Algorithm, type IssuerUnderTest } from './issuer/issuer-under-test.ts';
import { startOurIssuer } from './issuer/our-issuer.ts';
import {
  JWKS_PER_SECOND,
  LOGINS_PER_SECOND,
  TOKENS_PER_SECOND,
  underLoad,
  type Latency,
  type UnderLogins,
} from './issuer/under-load.ts';
import { clientCredentials, refresh, type Request } from './issuer/workloads.ts';
import { closedLoop } from './load/closed-loop.ts';
import { cpuSeconds, pin } from './load/cpu.ts';
import { median, round } from './load/statistics.ts';
import { machine, print, table, writeReport } from './report.ts';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '4' },
    connections: { type: 'string', default: '64' },
  },
});
const ROUNDS = Number(options.rounds);
const SECONDS = Number(options.seconds);

const ISSUER_CORE = 0;
const LOAD_CORE = 1;
/** Enough that the issuer's core is what limits it, and not how long PostgreSQL takes to write to the disk. */
const CONNECTIONS = Number(options.connections);
const WARM_UP_SECONDS = 2;

/** Half of what is asked for, a bare provider does in memory: 0.6 of it. */
const MIN_RATIO = 0.6;
/** Keycloak's sizing guide: 120 client-credentials grants a second and vCPU. */
const MIN_ES256_PER_SECOND = 8 * 120;
const MAX_P99_GROWTH = 2;
/** Of the open loops: a thousand requests to a percentile. */
const OPEN_LOOP_SECONDS = 10;

type Name = 'bare' | 'ours';

interface Sample {
  readonly perSecond: number;
  readonly cpuMs: number;
}

interface Comparison {
  readonly workload: string;
  readonly rounds: readonly Readonly<Record<Name, Sample>>[];
  readonly median: Readonly<Record<Name, Sample>>;
  /** Median of the rounds' ratios: both of a round met the same machine. */
  readonly ratio: number;
}

async function measure(issuer: IssuerUnderTest, request: Request, seconds: number): Promise<Sample> {
  const before = cpuSeconds(issuer.pid);
  const perSecond = await closedLoop({ connections: CONNECTIONS, seconds, request });
  const cpuMs = ((cpuSeconds(issuer.pid) - before) * 1_000) / (perSecond * seconds);
  return { perSecond: round(perSecond), cpuMs: round(cpuMs, 3) };
}

async function compare(
  workload: string,
  issuers: Readonly<Record<Name, IssuerUnderTest>>,
  prepare: (issuer: IssuerUnderTest) => Promise<Request> | Request,
): Promise<Comparison> {
  const requests = { bare: await prepare(issuers.bare), ours: await prepare(issuers.ours) };
  for (const name of ['bare', 'ours'] as const) await measure(issuers[name], requests[name], WARM_UP_SECONDS);
  const rounds: Record<Name, Sample>[] = [];
  for (let count = 0; count < ROUNDS; count++) {
    const bare = await measure(issuers.bare, requests.bare, SECONDS);
    const ours = await measure(issuers.ours, requests.ours, SECONDS);
    rounds.push({ bare, ours });
    print(
      `${workload}: bare ${bare.perSecond}/s ${bare.cpuMs} ms, ours ${ours.perSecond}/s ${ours.cpuMs} ms`,
    );
  }
  const medianOf = (name: Name): Sample => ({
    perSecond: median(rounds.map((sample) => sample[name].perSecond)),
    cpuMs: median(rounds.map((sample) => sample[name].cpuMs)),
  });
  const ratio = round(median(rounds.map(({ bare, ours }) => ours.perSecond / bare.perSecond)), 2);
  return { workload, rounds, median: { bare: medianOf('bare'), ours: medianOf('ours') }, ratio };
}

async function compareAll(algorithm: Algorithm): Promise<readonly Comparison[]> {
  const issuers = { bare: await startBareIssuer(algorithm), ours: await startOurIssuer(algorithm) };
  try {
    for (const { pid } of Object.values(issuers)) pin(pid, ISSUER_CORE);
    return [
      await compare(`client credentials, ${algorithm}`, issuers, (issuer) =>
        clientCredentials(issuer, algorithm),
      ),
      await compare(`refresh, ${algorithm}`, issuers, (issuer) => refresh(issuer, algorithm, CONNECTIONS)),
    ];
  } finally {
    await Promise.all([issuers.bare.stop(), issuers.ours.stop()]);
  }
}

function faultsOf(comparisons: readonly Comparison[], logins: UnderLogins, keys: Latency): readonly string[] {
  const faults = comparisons
    .filter(({ ratio }) => ratio < MIN_RATIO)
    .map(({ workload, ratio }) => `${workload}: ${ratio} of a bare provider, not ${MIN_RATIO}`);
  const es256 = comparisons.find(({ workload }) => workload === 'client credentials, ES256');
  if ((es256?.median.ours.perSecond ?? 0) < MIN_ES256_PER_SECOND)
    faults.push(`client credentials, ES256: fewer than ${MIN_ES256_PER_SECOND}/s`);
  if (logins.growth > MAX_P99_GROWTH)
    faults.push(`logins make the p99 of /token ${logins.growth} times as long`);
  if (logins.with.failures + logins.without.failures + keys.failures > 0)
    faults.push('requests of the open loops failed');
  return faults;
}

pin(process.pid, LOAD_CORE);
const on = machine();
const comparisons = [...(await compareAll('ES256')), ...(await compareAll('RS256'))];
const {
  logins,
  jwks: keys,
  isPostgresConfined,
} = await underLoad({
  issuerCore: ISSUER_CORE,
  loadCore: LOAD_CORE,
  rounds: ROUNDS,
  secondsEach: OPEN_LOOP_SECONDS,
});
const faults = faultsOf(comparisons, logins, keys);
writeReport('issuer', { machine: on, comparisons, logins, jwks: keys, isPostgresConfined, faults }, [
  '# The issuer on one core',
  '',
  '`npm run bench:issuer`, which writes this page. Each issuer is confined to one core; the load, and PostgreSQL as the',
  `kernel likes, have the other. ${ROUNDS} paired rounds of ${SECONDS} s with ${CONNECTIONS} connections; medians.`,
  'The bare provider is the same oidc-provider with the same keys and token kinds, everything in memory. Both run with',
  `\`${ONE_CORE_NODE_OPTIONS.join(' ')}\` ([operations.md](../operations.md#one-core-for-auth)).`,
  '',
  ...table(
    ['workload', 'bare, per s', 'ours, per s', 'ratio', 'bare, CPU ms', 'ours, CPU ms'],
    comparisons.map(({ workload, median: { bare, ours }, ratio }) => [
      workload,
      bare.perSecond,
      ours.perSecond,
      ratio,
      bare.cpuMs,
      ours.cpuMs,
    ]),
  ),
  '',
  `Open loop, ours on one core; latency from the appointed time of the request. Medians of ${ROUNDS} rounds of`,
  `${OPEN_LOOP_SECONDS} s each; without logins and with them by turns. The p99 grows ${logins.growth}-fold (median of the rounds`,
  `${logins.rounds.map(({ growth }) => growth).join(', ')}). PostgreSQL ${isPostgresConfined ? 'was confined to the core of the load' : 'ran where the kernel put it'}.`,
  '',
  ...table(
    ['load', 'p50 ms', 'p99 ms', 'failures'],
    [
      [
        `/token (ES256) ${TOKENS_PER_SECOND}/s`,
        logins.without.p50Ms,
        logins.without.p99Ms,
        logins.without.failures,
      ],
      [
        `the same, and ${LOGINS_PER_SECOND} logins/s offered`,
        logins.with.p50Ms,
        logins.with.p99Ms,
        logins.with.failures,
      ],
      [`JWKS ${JWKS_PER_SECOND}/s`, keys.p50Ms, keys.p99Ms, keys.failures],
    ],
  ),
  '',
  `Login forms answered by status, in the last round: ${JSON.stringify(logins.rounds.at(-1)?.logins)}. The JWKS endpoint used`,
  `${keys.cpuShare} of the core.`,
  '',
  '```text',
  JSON.stringify(on),
  '```',
]);
for (const fault of faults) print(`FAULT: ${fault}`);
process.exitCode = faults.length > 0 ? 1 : 0;
