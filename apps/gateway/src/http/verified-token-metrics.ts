import { VerifiedTokens } from '@countersign/auth/passport';
import { Metrics } from '@countersign/platform';
import { Injectable } from '@nestjs/common';

/** How often a JWT was accepted before, and a digest took the place of its signature. */
@Injectable()
export class VerifiedTokenMetrics {
  constructor(verified: VerifiedTokens, metrics: Metrics) {
    metrics.counter(
      'countersign_verified_token_lookups_total',
      'Look-ups of access tokens among those accepted before, by what came of them',
      'outcome',
      () => verified.outcomes,
    );
    metrics.gauge(
      'countersign_verified_tokens',
      'Access tokens held as accepted before',
      () => verified.size,
    );
  }
}
