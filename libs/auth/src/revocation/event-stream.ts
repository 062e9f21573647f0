import { basicCredentials } from '../jose/basic-credentials.js';
import { fetchJson } from '../jose/fetch-json.js';
import { isJsonObject } from '../jose/strict-json.js';

export interface EventStreamOptions {
  /** Address of the issuer's event streams; a stream of our own is made below it. */
  readonly uri: string;
  readonly clientId: string;
  readonly clientSecret: string;
}

/** RFC 8936 §2.2 */
export interface Poll {
  readonly ack: readonly string[];
  readonly setErrs: Readonly<Record<string, { readonly err: string; readonly description: string }>>;
  readonly returnImmediately: boolean;
}

/** RFC 8936 §2.3 */
export interface Delivery {
  /** Each token under its `jti`, in the order in which they came. */
  readonly sets: readonly (readonly [jti: string, token: string])[];
  readonly moreAvailable: boolean;
}

/** The issuer answers after 30 seconds at the latest: a connection that is silent for longer is dead. */
const LIMITS = { timeoutMs: 35_000, maxBytes: 1_048_576 };
const MAX_EVENTS = 100;

/** A stream of Security Event Tokens (RFC 8936): of this process alone, so that no other acknowledges what it has not seen. */
export class EventStream {
  private readonly url: string;
  private readonly authorization: string;

  constructor(options: EventStreamOptions, streamId: string) {
    this.url = `${options.uri.replace(/\/$/, '')}/${streamId}/poll`;
    this.authorization = basicCredentials(options.clientId, options.clientSecret);
  }

  /** @throws Error when the issuer does not answer, or not as RFC 8936 has it */
  async poll(request: Poll, signal: AbortSignal): Promise<Delivery> {
    const answer = await fetchJson(this.url, LIMITS, {
      method: 'POST',
      headers: { authorization: this.authorization, 'content-type': 'application/json' },
      body: JSON.stringify({ ...request, maxEvents: MAX_EVENTS }),
      signal,
    });
    if (!isJsonObject(answer) || !isJsonObject(answer['sets'])) {
      throw new Error('the answer to the poll has no sets');
    }
    const sets = Object.entries(answer['sets']).flatMap(([jti, token]) =>
      typeof token === 'string' ? [[jti, token] as const] : [],
    );
    return { sets, moreAvailable: answer['moreAvailable'] === true };
  }
}
