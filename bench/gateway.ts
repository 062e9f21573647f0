import { parseArgs } from 'node:util';
import { BenchedIssuer } from './gateway/benched-issuer.ts';
import { closedRounds, ratioOf, warmUp, type Load, type Measured } from './gateway/closed-rounds.ts';
import {
  startExampleApp,
  startGateway,
  startHaproxy,
  startPeers,
  type Contestant,
} from './gateway/contestants.ts';
import { getRequest } from './load/connection.ts';
import { pin } from './load/cpu.ts';
import { machine, print, table, writeReport } from './report.ts';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '1.5' },
  },
});
const ROUNDS = Number(options.rounds);
const SECONDS = Number(options.seconds);
const LOAD_CORE = 1;
const WARM_UP_SECONDS = 1.5;
const WARM_TOKENS = 1_000;
const COLD_TOKENS = 12_000;

const times = <Value>(count: number, make: () => Value): Value[] => Array.from({ length: count }, make);

const loadOf = ({ port, pid, name }: Contestant, path: string, tokens: readonly string[]): Load => ({
  name: path === '/protected' ? name : `${name}: ${path}`,
  port,
  pid,
  requests: tokens.map((token) => getRequest(path, token)),
  status: 200,
});

async function warm(issuer: BenchedIssuer, contestants: readonly Contestant[]): Promise<readonly Measured[]> {
  const tokens = times(WARM_TOKENS, () => issuer.accessToken());
  const loads = contestants.flatMap((contestant) =>
    [contestant.path, ...contestant.publicPaths].map((path) => loadOf(contestant, path, tokens)),
  );
  await warmUp(loads, WARM_UP_SECONDS);
  return closedRounds('warm', () => loads, { rounds: ROUNDS, seconds: SECONDS });
}

async function cold(issuer: BenchedIssuer, contestants: readonly Contestant[]): Promise<readonly Measured[]> {
  print(`signing ${COLD_TOKENS * (ROUNDS + 1)} tokens`);
  const pools = times(ROUNDS, () => times(COLD_TOKENS, () => issuer.accessToken()));
  const loadsOf = (pool: readonly string[]): readonly Load[] =>
    contestants.map((contestant) => loadOf(contestant, contestant.path, pool));
  return closedRounds('cold', (count) => loadsOf(pools[count] ?? []), {
    rounds: ROUNDS,
    seconds: SECONDS,
    once: true,
  });
}

pin(process.pid, LOAD_CORE);
const on = machine();
const issuer = await BenchedIssuer.start();
const contestants: Contestant[] = [];
try {
  contestants.push(await startExampleApp(issuer), await startGateway(issuer), ...(await startPeers(issuer)));
  const haproxy = await startHaproxy(issuer);
  if (haproxy === undefined) print('HAProxy is not installed (Debian: apt-get install haproxy): left out');
  else contestants.push(haproxy);
  const measured = { warm: await warm(issuer, contestants), cold: await cold(issuer, contestants) };
  const rows = (all: readonly Measured[]) =>
    all.map((one) => [
      one.name,
      one.perSecond,
      one.cpuMicroseconds,
      one.loadShare,
      ratioOf(all[0], one) ?? '',
    ]);
  writeReport('gateway', { machine: on, ...measured, faults: [] }, [
    '# The gateway on one core',
    '',
    ...table(['server', 'per s', 'CPU µs', 'load', 'example ÷'], rows(measured.warm)),
    '',
    ...table(['server', 'per s', 'CPU µs', 'load', 'example ÷'], rows(measured.cold)),
  ]);
} finally {
  await Promise.all(contestants.map((contestant) => contestant.stop()));
  await issuer.stop();
}
