import { fork } from 'node:child_process';
import { once } from 'node:events';
import { constants, setPriority } from 'node:os';
import { z } from 'zod';
import { DemoWebClient, PASSWORD } from '../../test/support/demo-web-client.ts';
import { UserAgent } from '../../test/support/user-agent.ts';
import { openLoop } from '../load/open-loop.ts';

const counts = z.record(z.string(), z.number());

/** How many login forms were answered how, by status. */
export type LoginAnswers = z.output<typeof counts>;

/** Offers logins from a process of its own, with less priority than whoever measures. */
export async function offerLogins(issuer: string, perSecond: number, seconds: number): Promise<LoginAnswers> {
  const child = fork(import.meta.filename, [issuer, String(perSecond), String(seconds)]);
  const [answers] = await once(child, 'message');
  await once(child, 'exit');
  return counts.parse(answers);
}

/** From the client's request to the answer to the login form; each with a new browser. */
async function logIn(issuer: string): Promise<number> {
  const agent = new UserAgent(issuer);
  const page = await agent.open(new DemoWebClient(issuer).authorizationUrl());
  if (page.status !== 200) return page.status;
  const fields = new URLSearchParams({ email: 'customer@example.com', password: PASSWORD });
  return (await agent.post(page, '/login', fields)).status;
}

if (process.argv[1] === import.meta.filename) {
  const [, , issuer = '', perSecond, seconds] = process.argv;
  setPriority(constants.priority.PRIORITY_LOW);
  const answers: Record<string, number> = {};
  const count = (name: string): void => {
    answers[name] = (answers[name] ?? 0) + 1;
  };
  await openLoop({
    perSecond: Number(perSecond),
    duration: { seconds: Number(seconds) },
    request: async () => count(String(await logIn(issuer))),
    onFailure: () => count('failed'),
  });
  process.send?.(answers);
  process.disconnect();
}
