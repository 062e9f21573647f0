import { IssuerEvents } from '@countersign/auth/passport';
import { Metrics } from '@countersign/platform';
import { Injectable } from '@nestjs/common';

/** How long nothing has been heard of what the issuer revokes. Beyond the 30 seconds of a wait the stream is down. */
@Injectable()
export class EventStreamMetrics {
  constructor(events: IssuerEvents, metrics: Metrics) {
    metrics.gauge(
      'countersign_event_stream_age_seconds',
      'Seconds since the event stream of the issuer last answered',
      () => (events.ageMs === undefined ? undefined : events.ageMs / 1_000),
    );
  }
}
