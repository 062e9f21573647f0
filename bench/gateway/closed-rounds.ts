import { closedLoop } from '../load/closed-loop.ts';
import { Connection } from '../load/connection.ts';
import { cpuSeconds } from '../load/cpu.ts';
import { median, round } from '../load/statistics.ts';
import { print } from '../report.ts';

/** Enough that a server never waits, few enough that none waits long. */
const CONNECTIONS = 32;

/** Requests to one server, and the status that is the right answer to each of them. */
export interface Load {
  readonly name: string;
  readonly port: number;
  /** Of the server. */
  readonly pid: number;
  readonly requests: readonly Uint8Array[];
  readonly status: number;
}

interface Sample {
  readonly perSecond: number;
  /** CPU time of the server for a request, in microseconds. */
  readonly cpuMicroseconds: number;
  /** How much of its core the load used. */
  readonly loadShare: number;
}

export interface Measured extends Sample {
  readonly name: string;
  readonly samples: readonly Sample[];
}

export interface RoundsOptions {
  readonly rounds: number;
  readonly seconds: number;
  /** Whether each request of a load is sent once: a sample then ends with the last one, or when its time is over. */
  readonly once?: boolean;
}

/**
 * Measures all loads one after the other, and again in each round. @returns the medians, in the order of the loads
 *
 * @param loadsOf the loads of a round: as many in each
 * @throws Error when an answer has another status
 */
export async function closedRounds(
  workload: string,
  loadsOf: (round: number) => readonly Load[],
  { rounds, seconds, once = false }: RoundsOptions,
): Promise<readonly Measured[]> {
  const samples: Sample[][] = [];
  const names: string[] = [];
  for (let count = 0; count < rounds; count++) {
    for (const [index, load] of loadsOf(count).entries()) {
      names[index] = load.name;
      const sample = await measure(load, seconds, once ? load.requests.length : undefined);
      (samples[index] ??= []).push(sample);
      print(`${workload}, round ${count + 1}: ${load.name} ${JSON.stringify(sample)}`);
    }
  }
  return samples.map((own, index) => ({ name: names[index] ?? '', ...medianOf(own), samples: own }));
}

/** Sends what loads have for a while, and looks at nothing but the answers. */
export async function warmUp(loads: readonly Load[], seconds: number): Promise<void> {
  for (const load of loads) await measure(load, seconds);
}

/** Median of the rounds' ratios: both of a round met the same machine. */
export function ratioOf(one: Measured | undefined, other: Measured | undefined): number | undefined {
  if (one === undefined || other === undefined) return undefined;
  const ratios = one.samples.flatMap(({ perSecond }, index) => {
    const beside = other.samples[index];
    return beside === undefined ? [] : [perSecond / beside.perSecond];
  });
  return round(median(ratios), 2);
}

async function measure(
  { port, pid, requests, status, name }: Load,
  seconds: number,
  maxRequests?: number,
): Promise<Sample> {
  const connections = await Promise.all(Array.from({ length: CONNECTIONS }, () => Connection.open(port)));
  const server = cpuSeconds(pid);
  const load = process.cpuUsage();
  const began = performance.now();
  let answered = 0;
  const perSecond = await closedLoop({
    connections: CONNECTIONS,
    seconds,
    ...(maxRequests !== undefined && { maxRequests }),
    request: async (connection, index) => {
      const answer = await connections[connection]?.ask(
        requests[index % requests.length] ?? new Uint8Array(),
      );
      if (answer?.status !== status) throw new Error(`${name}: ${answer?.status}, not ${status}`);
      answered++;
    },
  });
  const elapsed = (performance.now() - began) / 1_000;
  const { user, system } = process.cpuUsage(load);
  for (const connection of connections) connection.close();
  return {
    perSecond: round(perSecond),
    cpuMicroseconds: round(((cpuSeconds(pid) - server) * 1e6) / answered, 1),
    loadShare: round((user + system) / 1e6 / elapsed, 2),
  };
}

function medianOf(samples: readonly Sample[]): Sample {
  const of = (name: keyof Sample): number => median(samples.map((sample) => sample[name]));
  return { perSecond: of('perSecond'), cpuMicroseconds: of('cpuMicroseconds'), loadShare: of('loadShare') };
}
