import { fork } from 'node:child_process';
import { once } from 'node:events';
import { z } from 'zod';
import { ConnectionPool } from '../load/connection-pool.ts';
import { getRequest } from '../load/connection.ts';
import { openLoop } from '../load/open-loop.ts';

const CONNECTIONS = 64;

const order = z.object({
  port: z.number(),
  path: z.string(),
  tokens: z.array(z.string()),
  perSecond: z.number(),
  seconds: z.number(),
});
const outcome = z.object({ requests: z.number(), refused: z.number() });

export type FloodOrder = z.output<typeof order>;
export type FloodOutcome = z.output<typeof outcome>;

/** Sends requests that are refused from a process of its own, at their appointed times. */
export async function flood(what: FloodOrder): Promise<FloodOutcome> {
  const child = fork(import.meta.filename);
  child.send(what);
  const [answer] = await once(child, 'message');
  await once(child, 'exit');
  return outcome.parse(answer);
}

async function send({ port, path, tokens, perSecond, seconds }: FloodOrder): Promise<FloodOutcome> {
  const requests = tokens.map((token) => getRequest(path, token));
  const pool = await ConnectionPool.open(port, CONNECTIONS);
  let refused = 0;
  const { requests: sent } = await openLoop({
    perSecond,
    duration: { seconds },
    request: async (index) => {
      const { status } = await pool.ask(requests[index % requests.length] ?? new Uint8Array());
      if (status === 401) refused++;
    },
  });
  pool.close();
  return { requests: sent, refused };
}

if (process.argv[1] === import.meta.filename) {
  const [message] = await once(process, 'message');
  process.send?.(await send(order.parse(message)));
  process.disconnect();
}
