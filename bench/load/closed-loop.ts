import { performance } from 'node:perf_hooks';

export interface ClosedLoopOptions {
  /** Requests that wait for their answer at any time: each connection asks anew as soon as it is answered. */
  readonly connections: number;
  readonly seconds: number;
  /** Ends it earlier. */
  readonly maxRequests?: number;
  /** One request with its check. A failure ends the measurement: a rate of refusals is no rate. */
  readonly request: (connection: number, index: number) => Promise<void>;
}

/** As many requests as the server can answer. @returns how many a second */
export async function closedLoop({
  connections,
  seconds,
  maxRequests = Number.POSITIVE_INFINITY,
  request,
}: ClosedLoopOptions): Promise<number> {
  const began = performance.now();
  const end = began + seconds * 1_000;
  let sent = 0;
  let answered = 0;
  const ask = async (connection: number): Promise<void> => {
    while (sent < maxRequests && performance.now() < end) {
      await request(connection, sent++);
      answered++;
    }
  };
  await Promise.all(Array.from({ length: connections }, (_, connection) => ask(connection)));
  return (answered * 1_000) / (performance.now() - began);
}
