import { parseArgs } from 'node:util';
import { startBareIssuer } from './issuer/bare-issuer.ts';
import type { Algorithm, IssuerUnderTest } from './issuer/issuer-under-test.ts';
import { offerLogins, type LoginAnswers } from './issuer/login-load.ts';
import { startOurIssuer } from './issuer/our-issuer.ts';
import { clientCredentials, jwks, refresh, type Request } from './issuer/workloads.ts';
import { closedLoop } from './load/closed-loop.ts';
import { cpuSeconds, pin } from './load/cpu.ts';
import { openLoop, type OpenLoopResult } from './load/open-loop.ts';
import { median, percentile, round } from './load/statistics.ts';
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
const TOKENS_PER_SECOND = 100;
const LOGINS_PER_SECOND = 100;
const LOGIN_SECONDS = 20;
const MAX_P99_GROWTH = 2;
const JWKS_PER_SECOND = 1_000;
const JWKS_SECONDS = 10;

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

interface Latency {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly failures: number;
}

function latencyOf({ latenciesMs, failures }: OpenLoopResult): Latency {
  const at = (percent: number): number => round(percentile(latenciesMs, percent), 2);
  return { p50Ms: at(50), p99Ms: at(99), failures };
}

interface UnderLogins {
  readonly without: Latency;
  readonly with: Latency;
  readonly growth: number;
  readonly logins: LoginAnswers;
}

async function tokensUnderLogins(issuer: IssuerUnderTest): Promise<UnderLogins> {
  const request = clientCredentials(issuer, 'ES256');
  const tokens = { perSecond: TOKENS_PER_SECOND, duration: { seconds: LOGIN_SECONDS }, request };
  await openLoop({ ...tokens, duration: { seconds: WARM_UP_SECONDS } });
  const without = latencyOf(await openLoop(tokens));
  const [logins, measured] = await Promise.all([
    offerLogins(issuer.url, LOGINS_PER_SECOND, LOGIN_SECONDS),
    openLoop(tokens),
  ]);
  const withLogins = latencyOf(measured);
  return { without, with: withLogins, growth: round(withLogins.p99Ms / without.p99Ms, 2), logins };
}

async function jwksAtRate(issuer: IssuerUnderTest): Promise<Latency & { readonly cpuShare: number }> {
  const request = jwks(issuer);
  await openLoop({ perSecond: JWKS_PER_SECOND, duration: { seconds: WARM_UP_SECONDS }, request });
  const before = cpuSeconds(issuer.pid);
  const result = await openLoop({ perSecond: JWKS_PER_SECOND, duration: { seconds: JWKS_SECONDS }, request });
  return { ...latencyOf(result), cpuShare: round((cpuSeconds(issuer.pid) - before) / JWKS_SECONDS, 2) };
}

async function underLoad(): Promise<{
  readonly logins: UnderLogins;
  readonly jwks: Awaited<ReturnType<typeof jwksAtRate>>;
}> {
  const issuer = await startOurIssuer('ES256');
  try {
    pin(issuer.pid, ISSUER_CORE);
    const keys = await jwksAtRate(issuer);
    print(`JWKS at ${JWKS_PER_SECOND}/s: ${JSON.stringify(keys)}`);
    const logins = await tokensUnderLogins(issuer);
    print(`/token under ${LOGINS_PER_SECOND} logins/s: ${JSON.stringify(logins)}`);
    return { logins, jwks: keys };
  } finally {
    await issuer.stop();
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
const { logins, jwks: keys } = await underLoad();
const faults = faultsOf(comparisons, logins, keys);
writeReport('issuer', { machine: on, comparisons, logins, jwks: keys, faults }, [
  '# The issuer on one core',
  '',
  '`npm run bench:issuer`, which writes this page. Each issuer is confined to one core; the load, and PostgreSQL as the',
  `kernel likes, have the other. ${ROUNDS} paired rounds of ${SECONDS} s with ${CONNECTIONS} connections; medians.`,
  'The bare provider is the same oidc-provider with the same keys and token kinds, everything in memory.',
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
  'Open loop, ours on one core; latency from the appointed time of the request:',
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
  `Login forms answered by status: ${JSON.stringify(logins.logins)}. The JWKS endpoint used ${keys.cpuShare} of the core.`,
  '',
  '```json',
  JSON.stringify(on),
  '```',
]);
for (const fault of faults) print(`FAULT: ${fault}`);
process.exitCode = faults.length > 0 ? 1 : 0;
