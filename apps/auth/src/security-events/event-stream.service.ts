import { Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import { EventTokenSigner } from './event-token-signer.js';
import { EventStreamsRepository, type EventStream } from './event-streams.repository.js';
import type { PollRequest, PollResponse } from './poll-request.js';
import type { LoggedEvent } from './security-event.js';
import { SecurityEventFeed } from './security-event-feed.js';
import { securityEventClaims } from './security-event-token.js';

const MAX_WAIT_MS = 30_000;
/** Polls of one client that may wait at the same time: one for each of its replicas. */
const MAX_WAITING = 2_000;

export class EventIssuer {
  constructor(readonly issuer: string) {}
}

/** A client has more polls waiting than any number of replicas would make. */
export class TooManyPollsError extends Error {
  override readonly name = 'TooManyPollsError';
}

/** Delivers the log to its readers by long polls (RFC 8936): at least once, until each is acknowledged. */
@Injectable()
export class EventStreamService implements BeforeApplicationShutdown {
  private readonly logger = new Logger(EventStreamService.name);
  private readonly stopping = new AbortController();
  /** By client, then by stream. */
  private readonly waiting = new Map<string, Map<string, AbortController>>();

  constructor(
    private readonly streams: EventStreamsRepository,
    private readonly feed: SecurityEventFeed,
    private readonly signer: EventTokenSigner,
    private readonly settings: EventIssuer,
  ) {}

  /** Nobody has to wait for the longest wait to end: their receivers turn to another replica. */
  beforeApplicationShutdown(): void {
    this.stopping.abort();
  }

  /**
   * Takes acknowledgements, then answers what is outstanding; with nothing outstanding it waits, unless it is not to.
   *
   * @param abandoned when nobody waits for the answer any more
   * @throws TooManyPollsError
   */
  async poll(stream: EventStream, request: PollRequest, abandoned: AbortSignal): Promise<PollResponse> {
    await this.settle(stream, request);
    if (request.maxEvents === 0) return { sets: {} };

    // Listening comes before looking: what happens in between is heard.
    const arrival = new Arrival(this.feed);
    try {
      const outstanding = await this.streams.outstanding(stream, request.maxEvents + 1);
      if (outstanding.length > 0 || request.returnImmediately)
        return await this.answer(stream, outstanding, request);
      return await this.answer(stream, await this.wait(stream, arrival, abandoned), request);
    } finally {
      arrival.end();
    }
  }

  /** What a receiver could not make use of is not sent to it again: it would fail again, before everything behind it. */
  private async settle(stream: EventStream, { ack, setErrs }: PollRequest): Promise<void> {
    for (const [jti, { err }] of Object.entries(setErrs)) {
      this.logger.error({ msg: 'a receiver refused an event', clientId: stream.clientId, jti, err });
    }
    await this.streams.touch(stream);
    await this.streams.acknowledge(stream, [...ack, ...Object.keys(setErrs)]);
  }

  private async wait(
    stream: EventStream,
    arrival: Arrival,
    abandoned: AbortSignal,
  ): Promise<readonly LoggedEvent[]> {
    const { clientId, streamId } = stream;
    const ofClient = this.waiting.get(clientId) ?? new Map<string, AbortController>();
    this.waiting.set(clientId, ofClient);
    // A receiver that lost its connection comes again: the poll that it left behind ends.
    ofClient.get(streamId)?.abort();
    if (!ofClient.has(streamId) && ofClient.size >= MAX_WAITING) throw new TooManyPollsError();
    const replaced = new AbortController();
    ofClient.set(streamId, replaced);
    const end = AbortSignal.any([
      abandoned,
      replaced.signal,
      this.stopping.signal,
      AbortSignal.timeout(MAX_WAIT_MS),
    ]);
    try {
      return await arrival.until(end);
    } finally {
      if (ofClient.get(streamId) === replaced) ofClient.delete(streamId);
    }
  }

  private async answer(
    { clientId }: EventStream,
    events: readonly LoggedEvent[],
    { maxEvents }: PollRequest,
  ): Promise<PollResponse> {
    const sets: Record<string, string> = {};
    for (const logged of events.slice(0, maxEvents)) {
      const claims = { issuer: this.settings.issuer, audience: clientId, now: Date.now() };
      sets[logged.jti] = await this.signer.sign(securityEventClaims(logged, claims));
    }
    return events.length > maxEvents ? { sets, moreAvailable: true } : { sets };
  }
}

/** What the feed brings from now on. */
class Arrival {
  private readonly events: LoggedEvent[] = [];
  private notify: (() => void) | undefined;
  readonly end: () => void;

  constructor(feed: Pick<SecurityEventFeed, 'listen'>) {
    this.end = feed.listen((events) => {
      this.events.push(...events);
      this.notify?.();
    });
  }

  /** Waits for events; none when the signal ends the wait. */
  async until(signal: AbortSignal): Promise<readonly LoggedEvent[]> {
    if (this.events.length === 0 && !signal.aborted) {
      await new Promise<void>((resolve) => {
        this.notify = resolve;
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
    }
    return this.events;
  }
}
