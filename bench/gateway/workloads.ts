import { readFileSync } from 'node:fs';
import { getRequest } from '../load/connection.ts';
import { round } from '../load/statistics.ts';
import { print } from '../report.ts';
import type { BenchedIssuer } from './benched-issuer.ts';
import { closedRounds, warmUp, type Load, type Measured, type RoundsOptions } from './closed-rounds.ts';
import type { Contestant } from './contestants.ts';

export const WARM_TOKENS = 1_000;
export const COLD_TOKENS = 10_000;
export const LIVE_TOKENS = 100_000;
const WARM_UP_SECONDS = 1;

const times = <Value>(count: number, make: () => Value): Value[] => Array.from({ length: count }, make);

function loadOf({ port, pid, name }: Contestant, path: string, tokens: readonly string[]): Load {
  return { name, port, pid, requests: tokens.map((token) => getRequest(path, token)), status: 200 };
}

/** The same tokens again and again; public routes get the same requests. */
export async function warm(
  issuer: BenchedIssuer,
  contestants: readonly Contestant[],
  options: RoundsOptions,
): Promise<readonly Measured[]> {
  const tokens = times(WARM_TOKENS, () => issuer.accessToken());
  const loads = contestants.flatMap((contestant) => [
    loadOf(contestant, contestant.path, tokens),
    ...contestant.publicPaths.map((path) => ({
      ...loadOf(contestant, path, tokens),
      name: publicName(contestant, path),
    })),
  ]);
  await warmUp(loads, WARM_UP_SECONDS);
  return closedRounds('warm', () => loads, options);
}

export function publicName({ name }: Contestant, path: string): string {
  return `${name}: public ${path}`;
}

/** Each token once at each server. */
export async function cold(
  issuer: BenchedIssuer,
  contestants: readonly Contestant[],
  options: RoundsOptions,
): Promise<readonly Measured[]> {
  const pools = times(options.rounds, () => times(COLD_TOKENS, () => issuer.accessToken()));
  const loadsOf = (count: number): readonly Load[] =>
    contestants.map((contestant) => loadOf(contestant, contestant.path, pools[count] ?? []));
  return closedRounds('cold', loadsOf, { ...options, once: true });
}

/** What is refused, beside what is accepted. */
export async function refusals(
  issuer: BenchedIssuer,
  contestants: readonly Contestant[],
  options: RoundsOptions,
): Promise<readonly Measured[]> {
  const kinds = {
    accepted: times(WARM_TOKENS, () => issuer.accessToken()),
    garbage: times(WARM_TOKENS, () => `${crypto.randomUUID()}.${crypto.randomUUID()}.x`),
    'unknown kid': times(WARM_TOKENS, () => issuer.tokenOfUnknownKid()),
    'bad signature': times(WARM_TOKENS, () => withOtherSignature(issuer.accessToken(), issuer.accessToken())),
  };
  const loads = contestants.flatMap((contestant) =>
    Object.entries(kinds).map(([kind, tokens]) => ({
      ...loadOf(contestant, contestant.path, tokens),
      name: refusalName(contestant, kind),
      status: kind === 'accepted' ? 200 : 401,
    })),
  );
  await warmUp(loads, WARM_UP_SECONDS);
  return closedRounds('refusals', () => loads, options);
}

export function refusalName({ name }: Contestant, kind: string): string {
  return `${name}: ${kind}`;
}

/** A signature that is good, of another token. */
function withOtherSignature(token: string, other: string): string {
  return `${token.slice(0, token.lastIndexOf('.'))}${other.slice(other.lastIndexOf('.'))}`;
}

export interface ManyTokens {
  readonly rates: readonly Measured[];
  readonly residentMiB: Readonly<Record<'before' | 'after', number>>;
}

/** As many live tokens as the gateway has room for, in no order, beside a few of them. */
export async function manyTokens(
  issuer: BenchedIssuer,
  contestant: Contestant,
  options: RoundsOptions,
): Promise<ManyTokens> {
  print(`signing ${LIVE_TOKENS} tokens`);
  const tokens = times(LIVE_TOKENS, () => issuer.accessToken());
  const before = residentMiB(contestant.pid);
  const all = loadOf(contestant, contestant.path, tokens);
  await closedRounds('first uses', () => [all], { rounds: 1, seconds: 60, once: true });
  const inNoOrder = tokens.toSorted(() => Math.random() - 0.5);
  const loads = [
    { ...loadOf(contestant, contestant.path, inNoOrder), name: `${LIVE_TOKENS} tokens` },
    {
      ...loadOf(contestant, contestant.path, inNoOrder.slice(0, WARM_TOKENS)),
      name: `${WARM_TOKENS} of them`,
    },
  ];
  const rates = await closedRounds('live tokens', () => loads, options);
  return { rates, residentMiB: { before, after: residentMiB(contestant.pid) } };
}

/** proc(5), status. */
function residentMiB(pid: number): number {
  const [, kilobytes = ''] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return round(Number(kilobytes) / 1_024);
}
