import { Api } from './demo/api.ts';
import { Narration, styled, write } from './demo/print.ts';
import type { Peer } from './demo/raw-frame.ts';
import { Refusals } from './demo/refusals.ts';
import { Tour } from './demo/tour.ts';

const { API = 'http://localhost:3000', ISSUER = 'http://localhost:3001' } = process.env;
const { ORDERS_ADDRESS = 'localhost:4001' } = process.env;

async function main(): Promise<number> {
  for (const address of [ISSUER, API]) {
    const fault = await faultOf(address);
    if (fault === undefined) continue;
    write('There is no running stack to tour:');
    write(`${address} ${fault}.`);
    write('Start it in another terminal and try again:\n\n  npm start\n');
    return 1;
  }

  const narration = new Narration();
  try {
    const api = new Api(API, narration);
    narration.chapter('One order, from login to capture');
    const result = await new Tour(ISSUER, api, narration).run();
    narration.chapter('Five refusals');
    await new Refusals({ issuer: ISSUER, api, orders: parseAddress(ORDERS_ADDRESS), narration }).run(result);
  } catch (error) {
    narration.fail(`the tour stopped: ${describe(error)}`);
  }
  return summarize(narration.failures);
}

/** Why an app cannot be toured; undefined when it is ready. */
async function faultOf(address: string): Promise<string | undefined> {
  try {
    const response = await fetch(`${address}/readyz`, { signal: AbortSignal.timeout(5_000) });
    await response.body?.cancel();
    return response.ok ? undefined : `is not ready (${response.status})`;
  } catch (error) {
    return `does not answer (${describe(error)})`;
  }
}

function summarize(failures: readonly string[]): number {
  write('');
  if (failures.length === 0) {
    write(styled(['green', 'bold'], 'All went as told.'));
    return 0;
  }
  write(styled(['red', 'bold'], 'Not all went as told:'));
  for (const failure of failures) write(`  - ${failure}`);
  return 1;
}

function parseAddress(text: string): Peer {
  const separator = text.lastIndexOf(':');
  return { host: text.slice(0, separator), port: Number(text.slice(separator + 1)) };
}

/** `fetch failed` says nothing; its cause does. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause, message } = error;
  const code = (cause as NodeJS.ErrnoException | undefined)?.code;
  return code === undefined ? message : `${message}: ${code}`;
}

process.exitCode = await main();
