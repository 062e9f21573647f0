import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';

export interface OpenLoopOptions {
  readonly perSecond: number;
  readonly seconds: number;
  /** One request; what it throws is a failure. */
  readonly request: (index: number) => Promise<void>;
  /** Called when a request fails. */
  readonly onFailure?: (error: unknown) => void;
}

export interface OpenLoopResult {
  readonly requests: number;
  readonly failures: number;
  /** Of the successful requests, in milliseconds, in ascending order. */
  readonly latenciesMs: readonly number[];
}

/**
 * Requests at their appointed times, whether or not earlier ones were answered, as independent callers would send
 * them. A latency counts from the appointed time, so that a server which stalls cannot hide it by not being asked
 * (coordinated omission).
 */
export async function openLoop({
  perSecond,
  seconds,
  request,
  onFailure,
}: OpenLoopOptions): Promise<OpenLoopResult> {
  const requests = Math.round(perSecond * seconds);
  const began = performance.now();
  const latenciesMs: number[] = [];
  const underWay: Promise<void>[] = [];
  let failures = 0;
  for (let index = 0; index < requests; index++) {
    const appointed = began + (index * 1_000) / perSecond;
    const early = appointed - performance.now();
    if (early > 0) await delay(early);
    underWay.push(
      request(index).then(
        () => void latenciesMs.push(performance.now() - appointed),
        (error: unknown) => {
          failures++;
          onFailure?.(error);
        },
      ),
    );
  }
  await Promise.all(underWay);
  return { requests, failures, latenciesMs: latenciesMs.toSorted((one, other) => one - other) };
}
