import { ConnectionPool } from '../load/connection-pool.ts';
import { getRequest } from '../load/connection.ts';
import { openLoop } from '../load/open-loop.ts';
import { median, percentile, round } from '../load/statistics.ts';
import { print } from '../report.ts';
import type { BenchedIssuer } from './benched-issuer.ts';
import type { Contestant } from './contestants.ts';
import { flood, type FloodOutcome } from './flood-load.ts';

export const VALID_PER_SECOND = 1_000;
export const FLOOD_PER_SECOND = 5_000;
const CONNECTIONS = 64;
const TOKENS = 1_000;
const WARM_UP_SECONDS = 2;
/** The least time between two fetches of the key set that unknown `kid`s cause (`unknownKidCooldownMs`). */
const COOL_DOWN_SECONDS = 30;

interface Latency {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly failures: number;
}

interface FloodRound {
  readonly without: Latency;
  readonly with: Latency;
  readonly growth: number;
  readonly flood: FloodOutcome;
}

export interface UnderFlood {
  readonly rounds: readonly FloodRound[];
  readonly without: Latency;
  readonly with: Latency;
  /** Median of the rounds' growths of the p99: both of a round met the same machine. */
  readonly growth: number;
  /** From the first unknown `kid` to the last. */
  readonly seconds: number;
  readonly keyFetches: number;
  readonly allowedKeyFetches: number;
}

/** Valid requests at their appointed times, without and with a flood of tokens whose `kid` nobody knows. */
export async function underFlood(
  issuer: BenchedIssuer,
  contestant: Contestant,
  { rounds: count, seconds }: { readonly rounds: number; readonly seconds: number },
): Promise<UnderFlood> {
  const { port, path, id } = contestant;
  const valid = Array.from({ length: TOKENS }, () => getRequest(path, issuer.accessToken()));
  const tokens = Array.from({ length: TOKENS }, () => issuer.tokenOfUnknownKid());
  const pool = await ConnectionPool.open(port, CONNECTIONS);
  const measure = async (duration: number): Promise<Latency> => {
    const { latenciesMs, failures } = await openLoop({
      perSecond: VALID_PER_SECOND,
      duration: { seconds: duration },
      request: async (index) => {
        const { status } = await pool.ask(valid[index % valid.length] ?? new Uint8Array());
        if (status !== 200) throw new Error(`${status}, not 200`);
      },
    });
    const at = (percent: number): number => round(percentile(latenciesMs, percent), 2);
    return { p50Ms: at(50), p99Ms: at(99), failures };
  };
  await measure(WARM_UP_SECONDS);
  const fetchesBefore = issuer.fetchesBy(id);
  const began = performance.now();
  const rounds: FloodRound[] = [];
  while (rounds.length < count) {
    const without = await measure(seconds);
    const [flooded, withFlood] = await Promise.all([
      flood({ port, path, tokens, perSecond: FLOOD_PER_SECOND, seconds }),
      measure(seconds),
    ]);
    const growth = round(withFlood.p99Ms / without.p99Ms, 2);
    rounds.push({ without, with: withFlood, growth, flood: flooded });
    print(`flood: ${JSON.stringify(rounds.at(-1))}`);
  }
  pool.close();
  const elapsed = (performance.now() - began) / 1_000;
  return {
    rounds,
    without: medianOf(rounds.map(({ without }) => without)),
    with: medianOf(rounds.map(({ with: withFlood }) => withFlood)),
    growth: median(rounds.map(({ growth }) => growth)),
    seconds: round(elapsed),
    keyFetches: issuer.fetchesBy(id) - fetchesBefore,
    allowedKeyFetches: 1 + Math.floor(elapsed / COOL_DOWN_SECONDS),
  };
}

/** Of each percentile its median; of the failures all. */
function medianOf(rounds: readonly Latency[]): Latency {
  return {
    p50Ms: median(rounds.map(({ p50Ms }) => p50Ms)),
    p99Ms: median(rounds.map(({ p99Ms }) => p99Ms)),
    failures: rounds.reduce((sum, { failures }) => sum + failures, 0),
  };
}
