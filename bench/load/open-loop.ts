import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';

export interface OpenLoopOptions {
  readonly perSecond: number;
  /** How long, or until when. */
  readonly duration: { readonly seconds: number } | { readonly until: AbortSignal };
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
  duration,
  request,
  onFailure,
}: OpenLoopOptions): Promise<OpenLoopResult> {
  const began = performance.now();
  const latenciesMs: number[] = [];
  const underWay = new Set<Promise<void>>();
  let failures = 0;
  let requests = 0;
  const isOver = (): boolean =>
    'until' in duration ? duration.until.aborted : requests >= Math.round(perSecond * duration.seconds);
  for (; !isOver(); requests++) {
    const appointed = began + (requests * 1_000) / perSecond;
    const early = appointed - performance.now();
    if (early > 0) await delay(early);
    const answer = request(requests).then(
      () => void latenciesMs.push(performance.now() - appointed),
      (error: unknown) => {
        failures++;
        onFailure?.(error);
      },
    );
    underWay.add(answer);
    void answer.finally(() => underWay.delete(answer));
  }
  await Promise.all(underWay);
  return { requests, failures, latenciesMs: latenciesMs.toSorted((one, other) => one - other) };
}
