import { IssuerIntrospection } from '@countersign/auth/passport';
import { Metrics } from '@countersign/platform';
import { Injectable } from '@nestjs/common';

/**
 * How opaque tokens were looked up: `cached`, `active` or `refused` by the issuer, `failed` when it did not answer,
 * `shed` when there were too many at a time. The last two were answered 503.
 */
@Injectable()
export class IntrospectionMetrics {
  constructor(introspection: IssuerIntrospection, metrics: Metrics) {
    metrics.counter(
      'countersign_introspections_total',
      'Look-ups of opaque access tokens, by what came of them',
      'outcome',
      () => introspection.outcomes ?? {},
    );
  }
}
