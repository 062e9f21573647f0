import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { Agent } from 'node:http';
import { constants, setPriority } from 'node:os';
import { z } from 'zod';
import { DemoWebClient, PASSWORD } from '../../test/support/demo-web-client.ts';
import { form, send } from '../load/http.ts';
import { openLoop } from '../load/open-loop.ts';

const counts = z.record(z.string(), z.number());
const order = z.strictObject({ perSecond: z.number().positive(), seconds: z.number().positive() });

/** How many login forms were answered how, by status. */
export type LoginAnswers = z.output<typeof counts>;

/**
 * Offers logins from a process of its own, with less priority than whoever measures. It runs before anything is
 * measured: starting a process takes a core for longer than any request that is measured beside it.
 */
export class LoginLoad {
  private readonly child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.child = child;
  }

  static async start(issuer: string): Promise<LoginLoad> {
    const child = fork(import.meta.filename, [issuer]);
    await once(child, 'message');
    return new LoginLoad(child);
  }

  async offer(perSecond: number, seconds: number): Promise<LoginAnswers> {
    this.child.send({ perSecond, seconds } satisfies z.output<typeof order>);
    const [answers] = await once(this.child, 'message');
    return counts.parse(answers);
  }

  async stop(): Promise<void> {
    const exit = once(this.child, 'exit');
    this.child.disconnect();
    await exit;
  }
}

/**
 * From the client's request to the answer to the login form, as a browser that has no cookie yet sends it. Without
 * the tests' user-agent, whose work would keep the core busy on which the latencies are measured.
 */
async function logIn(agent: Agent, client: DemoWebClient): Promise<number> {
  const started = await send(agent, client.authorizationUrl().href, { method: 'GET' });
  const { location } = started.headers;
  if (location === undefined) return started.status;
  const page = new URL(location, client.issuer).href;
  const cookie = (started.headers['set-cookie'] ?? []).map((it) => it.split(';', 1)[0]).join('; ');
  const shown = await send(agent, page, { method: 'GET', headers: { cookie } });
  if (shown.status !== 200) return shown.status;
  const fields = { email: 'customer@example.com', password: PASSWORD };
  const answer = await send(agent, `${page}/login`, form(fields, { cookie, origin: client.issuer }));
  return answer.status;
}

async function offer(issuer: string, { perSecond, seconds }: z.output<typeof order>): Promise<LoginAnswers> {
  const agent = new Agent({ keepAlive: true });
  const client = new DemoWebClient(issuer);
  const answers: Record<string, number> = {};
  const count = (name: string): void => {
    answers[name] = (answers[name] ?? 0) + 1;
  };
  await openLoop({
    perSecond,
    duration: { seconds },
    request: async () => count(String(await logIn(agent, client))),
    onFailure: () => count('failed'),
  });
  return answers;
}

if (process.argv[1] === import.meta.filename) {
  const [, , issuer = ''] = process.argv;
  setPriority(constants.priority.PRIORITY_LOW);
  process.on('message', (message) => {
    void offer(issuer, order.parse(message)).then((answers) => process.send?.(answers));
  });
  process.send?.('ready');
}
