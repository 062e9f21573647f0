import { performance } from 'node:perf_hooks';

export interface ClosedLoopOptions {
  /** Requests that wait for their answer at any time: each connection asks anew as soon as it is answered. */
  readonly connections: number;
  readonly seconds: number;
  /** One request with its check. A failure ends the measurement: a rate of refusals is no rate. */
  readonly request: (connection: number) => Promise<void>;
}

/** As many requests as the server can answer. @returns how many a second */
export async function closedLoop({ connections, seconds, request }: ClosedLoopOptions): Promise<number> {
  const began = performance.now();
  const end = began + seconds * 1_000;
  let answered = 0;
  const ask = async (connection: number): Promise<void> => {
    while (performance.now() < end) {
      await request(connection);
      answered++;
    }
  };
  await Promise.all(Array.from({ length: connections }, (_, connection) => ask(connection)));
  return (answered * 1_000) / (performance.now() - began);
}
