import { cpuSeconds, pin, withPostgresOn } from '../load/cpu.ts';
import { openLoop, type OpenLoopResult } from '../load/open-loop.ts';
import { median, percentile, round } from '../load/statistics.ts';
import { print } from '../report.ts';
import type { IssuerUnderTest } from './issuer-under-test.ts';
import { LoginLoad, type LoginAnswers } from './login-load.ts';
import { startOurIssuer } from './our-issuer.ts';
import { clientCredentials, jwks } from './workloads.ts';

export const TOKENS_PER_SECOND = 100;
export const LOGINS_PER_SECOND = 100;
export const JWKS_PER_SECOND = 1_000;
const WARM_UP_SECONDS = 2;
/** Until V8 has compiled what a login runs, which is a lot: an issuer does it once, and not in each round. */
const LOGIN_WARM_UP_SECONDS = 10;

export interface UnderLoadOptions {
  readonly issuerCore: number;
  /** Of the load, and of PostgreSQL where it can be confined. */
  readonly loadCore: number;
  /** Each measures everything once: a percentile of one of them is what the neighbours did, and says nothing. */
  readonly rounds: number;
  readonly secondsEach: number;
}

export interface Latency {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly failures: number;
}

/** `/token`, without logins and right after it with them. */
interface LoginRound {
  readonly without: Latency;
  readonly with: Latency;
  readonly growth: number;
  readonly logins: LoginAnswers;
}

export interface UnderLogins {
  readonly rounds: readonly LoginRound[];
  readonly without: Latency;
  readonly with: Latency;
  /** Median of the rounds' growths: both of a round met the same machine. */
  readonly growth: number;
}

type JwksRound = Latency & { readonly cpuShare: number };

export interface JwksAtRate extends JwksRound {
  readonly rounds: readonly JwksRound[];
}

/** Open loops against our issuer on one core. */
export async function underLoad(options: UnderLoadOptions): Promise<{
  readonly logins: UnderLogins;
  readonly jwks: JwksAtRate;
  readonly isPostgresConfined: boolean;
}> {
  const issuer = await startOurIssuer('ES256');
  try {
    pin(issuer.pid, options.issuerCore);
    const { result, isPostgresConfined } = await withPostgresOn(options.loadCore, async () => ({
      jwks: await jwksAtRate(issuer, options),
      logins: await tokensUnderLogins(issuer, options),
    }));
    return { ...result, isPostgresConfined };
  } finally {
    await issuer.stop();
  }
}

async function jwksAtRate(
  issuer: IssuerUnderTest,
  { rounds: count, secondsEach }: UnderLoadOptions,
): Promise<JwksAtRate> {
  const requests = { perSecond: JWKS_PER_SECOND, request: jwks(issuer) };
  await openLoop({ ...requests, duration: { seconds: WARM_UP_SECONDS } });
  const rounds: JwksRound[] = [];
  while (rounds.length < count) {
    const before = cpuSeconds(issuer.pid);
    const latency = latencyOf(await openLoop({ ...requests, duration: { seconds: secondsEach } }));
    rounds.push({ ...latency, cpuShare: round((cpuSeconds(issuer.pid) - before) / secondsEach, 2) });
    print(`JWKS at ${JWKS_PER_SECOND}/s: ${JSON.stringify(rounds.at(-1))}`);
  }
  return { ...medianOf(rounds), cpuShare: median(rounds.map(({ cpuShare }) => cpuShare)), rounds };
}

async function tokensUnderLogins(
  issuer: IssuerUnderTest,
  { rounds: count, secondsEach }: UnderLoadOptions,
): Promise<UnderLogins> {
  const tokens = {
    perSecond: TOKENS_PER_SECOND,
    duration: { seconds: secondsEach },
    request: clientCredentials(issuer, 'ES256'),
  };
  const load = await LoginLoad.start(issuer.url);
  await load.offer(LOGINS_PER_SECOND, LOGIN_WARM_UP_SECONDS);
  const rounds: LoginRound[] = [];
  while (rounds.length < count) {
    const without = latencyOf(await openLoop(tokens));
    const [logins, measured] = await Promise.all([
      load.offer(LOGINS_PER_SECOND, secondsEach),
      openLoop(tokens),
    ]);
    const withLogins = latencyOf(measured);
    const growth = round(withLogins.p99Ms / without.p99Ms, 2);
    rounds.push({ without, with: withLogins, growth, logins });
    print(`/token under ${LOGINS_PER_SECOND} logins/s: ${JSON.stringify(rounds.at(-1))}`);
  }
  await load.stop();
  return {
    rounds,
    without: medianOf(rounds.map(({ without }) => without)),
    with: medianOf(rounds.map(({ with: withLogins }) => withLogins)),
    growth: median(rounds.map(({ growth }) => growth)),
  };
}

function latencyOf({ latenciesMs, failures }: OpenLoopResult): Latency {
  const at = (percent: number): number => round(percentile(latenciesMs, percent), 2);
  return { p50Ms: at(50), p99Ms: at(99), failures };
}

/** Of each percentile its median; of the failures all. */
function medianOf(rounds: readonly Latency[]): Latency {
  return {
    p50Ms: median(rounds.map(({ p50Ms }) => p50Ms)),
    p99Ms: median(rounds.map(({ p99Ms }) => p99Ms)),
    failures: rounds.reduce((sum, { failures }) => sum + failures, 0),
  };
}
