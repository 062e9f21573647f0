import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { basic } from './token-endpoint.ts';

/** RFC 8936 §2.3 */
const delivery = z.object({ sets: z.record(z.string(), z.string()), moreAvailable: z.boolean().optional() });

export interface PollAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly sets: Readonly<Record<string, string>>;
  readonly moreAvailable: boolean;
}

/** A receiver of an issuer's events, with a stream of its own. */
export class TestEventStream {
  readonly url: string;
  private readonly headers: Readonly<Record<string, string>>;

  constructor(
    issuer: string,
    credentials: Readonly<Record<string, string>> = basic('gateway', 'gateway-secret'),
    streamId: string = randomUUID(),
  ) {
    this.url = `${issuer}/events/streams/${streamId}/poll`;
    this.headers = { ...credentials, 'content-type': 'application/json' };
  }

  /** Polls; an answer that is none of RFC 8936 has no sets. */
  async poll(body: object = {}, signal?: AbortSignal): Promise<PollAnswer> {
    const request = { method: 'POST', headers: this.headers, body: JSON.stringify(body) };
    const response = await fetch(this.url, signal === undefined ? request : { ...request, signal });
    const { sets = {}, moreAvailable = false } = delivery.safeParse(await response.json()).data ?? {};
    return { status: response.status, headers: response.headers, sets, moreAvailable };
  }

  /** What is outstanding, acknowledged. */
  async drain(): Promise<readonly string[]> {
    const drained: string[] = [];
    for (;;) {
      const { sets } = await this.poll({ returnImmediately: true, ack: drained });
      if (Object.keys(sets).length === 0) return drained;
      drained.push(...Object.keys(sets));
    }
  }
}
