import { Module, type DynamicModule } from '@nestjs/common';
import { Metrics } from '../management/metrics.js';
import { AccessDecisions } from './access-decisions.js';

/** Shows at `GET /metrics` what an app decides about who asks. */
@Module({})
export class AccessDecisionsModule {
  constructor(decisions: AccessDecisions, metrics: Metrics) {
    decisions.showIn(metrics);
  }

  /** @param decisions whose `note` the app's guards are given */
  static forRoot(decisions: AccessDecisions): DynamicModule {
    return {
      module: AccessDecisionsModule,
      providers: [{ provide: AccessDecisions, useValue: decisions }],
    };
  }
}
