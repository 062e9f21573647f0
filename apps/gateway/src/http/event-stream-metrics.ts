import { IssuerEvents } from '@countersign/auth/passport';
import { Metrics } from '@countersign/platform';
import { Injectable } from '@nestjs/common';

/**
 * How long nothing has been heard of what the issuer revokes: beyond the 30 seconds of a wait the stream is down. And
 * how much of it is held: when some had to be given up, older tokens of everyone are refused.
 */
@Injectable()
export class EventStreamMetrics {
  constructor(events: IssuerEvents, metrics: Metrics) {
    metrics.gauge(
      'countersign_event_stream_age_seconds',
      'Seconds since the event stream of the issuer last answered',
      () => (events.ageMs === undefined ? undefined : events.ageMs / 1_000),
    );
    metrics.gauge('countersign_revocations', 'Revocations that are held', () => events.revocations?.size);
    metrics.gauge(
      'countersign_revocations_given_up',
      'Revocations that were given up for want of room since the start: older tokens are refused',
      () => events.revocations?.givenUp,
    );
  }
}
