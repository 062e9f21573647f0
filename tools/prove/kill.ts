import { setTimeout as delay } from 'node:timers/promises';
import { openLoop } from '../../bench/load/open-loop.ts';
import { round } from '../../bench/load/statistics.ts';

/** From a second before the command on, the requests with tokens of the key go on for so long. */
const SECONDS = 6;
const BEFORE_MS = 1_000;
const MAX_KILL_MS = 1_000;
/** A gateway whose last accepted request was earlier accepted nothing when the command began: that shows no kill. */
const SHORTLY_BEFORE_MS = 250;

export interface KillOptions {
  readonly kid: string;
  readonly gateways: number;
  readonly perSecond: number;
  readonly revoke: () => Promise<void>;
  /** One request with a token of the key. @returns what the gateway answered: its status first */
  readonly ask: (gateway: number, index: number) => Promise<string>;
}

/** Times are of when a request was sent. */
interface KillAtGateway {
  readonly accepted: number;
  readonly refused: number;
  /** Requests that were refused although the command had not begun. */
  readonly refusedBefore: number;
  /** Answers that are neither a 200 nor a 401. */
  readonly others: readonly string[];
  /** From the start of the command to the last request that was accepted; negative: before; null: none was. */
  readonly fromStartMs: number | null;
  /** The same, from the answer to the command. */
  readonly fromAnswerMs: number | null;
}

export interface Kill {
  readonly kid: string;
  /** How long the command took. */
  readonly commandMs: number;
  readonly gateways: readonly KillAtGateway[];
}

interface Answer {
  readonly gateway: number;
  readonly sentMs: number;
  readonly text: string;
}

/** A key is revoked while each gateway is asked with its tokens. */
export async function measureKill({ kid, gateways, perSecond, revoke, ask }: KillOptions): Promise<Kill> {
  const answers: Answer[] = [];
  const use = openLoop({
    perSecond,
    duration: { seconds: SECONDS },
    request: async (index) => {
      const gateway = index % gateways;
      const sentMs = performance.now();
      answers.push({ gateway, sentMs, text: await ask(gateway, index) });
    },
  });
  await delay(BEFORE_MS);
  const beganMs = performance.now();
  await revoke();
  const answeredMs = performance.now();
  await use;
  return {
    kid,
    commandMs: round(answeredMs - beganMs),
    gateways: Array.from({ length: gateways }, (_, index) => {
      const own = answers.filter(({ gateway }) => gateway === index);
      return summaryOf(own, beganMs, answeredMs);
    }),
  };
}

function summaryOf(answers: readonly Answer[], beganMs: number, answeredMs: number): KillAtGateway {
  const accepted = answers.filter(({ text }) => text === '200');
  const refused = answers.filter(({ text }) => text.startsWith('401 '));
  const last = accepted.length === 0 ? undefined : Math.max(...accepted.map(({ sentMs }) => sentMs));
  return {
    accepted: accepted.length,
    refused: refused.length,
    refusedBefore: refused.filter(({ sentMs }) => sentMs < beganMs - SHORTLY_BEFORE_MS).length,
    others: answers
      .filter((answer) => !accepted.includes(answer) && !refused.includes(answer))
      .map(({ text }) => text),
    fromStartMs: last === undefined ? null : round(last - beganMs),
    fromAnswerMs: last === undefined ? null : round(last - answeredMs),
  };
}

/** Why the figures of a kill prove nothing, or too much. */
export function killFaults({ kid, gateways }: Kill): readonly string[] {
  return gateways.flatMap(({ fromStartMs, refused, refusedBefore, others }, index) => {
    const at = `revocation of ${kid}, gateway ${index + 1}`;
    const faults: string[] = [];
    if (fromStartMs === null) faults.push(`${at}: it never accepted a token of the key`);
    else if (fromStartMs < -SHORTLY_BEFORE_MS)
      faults.push(`${at}: it accepted nothing in the last ${-fromStartMs} ms before the command`);
    else if (fromStartMs > MAX_KILL_MS)
      faults.push(`${at}: it accepted the revoked key ${fromStartMs} ms after the command began`);
    if (refused === 0) faults.push(`${at}: it never refused a token of the key`);
    if (refusedBefore > 0) faults.push(`${at}: it refused ${refusedBefore} requests before the command`);
    if (others.length > 0)
      faults.push(`${at}: ${others.length} answers are no verdict, such as ${others[0] ?? ''}`);
    return faults;
  });
}
