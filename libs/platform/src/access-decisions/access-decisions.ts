import { DECISION_REASONS, TOKEN_SOURCES, type AccessDecision, type DecisionReason } from '@countersign/auth';
import { Histogram } from 'prom-client';
import type { Metrics } from '../management/metrics.js';

/** In seconds: a token that is known takes some 10 µs, a signature 100 µs, the issuer's word milliseconds. */
const BUCKETS = [
  0.000_01, 0.000_025, 0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.05, 0.25, 1, 2.5,
];

/** Counts what an app decides about who asks; `note` is the listener of its guards. */
export class AccessDecisions {
  /** Each reason is there from the start: a rate can be told from its first occurrence on. */
  private readonly reasons = Object.fromEntries(DECISION_REASONS.map((reason) => [reason, 0])) as Record<
    DecisionReason,
    number
  >;
  private readonly seconds = new Histogram({
    name: 'countersign_access_decision_seconds',
    help: 'How long decisions took, by what the token was held against',
    labelNames: ['source'],
    buckets: BUCKETS,
    registers: [],
  });

  constructor() {
    for (const source of TOKEN_SOURCES) this.seconds.zero({ source });
  }

  readonly note = ({ reason, source, durationMs }: AccessDecision): void => {
    this.reasons[reason]++;
    this.seconds.observe({ source }, durationMs / 1_000);
  };

  showIn(metrics: Metrics): void {
    metrics.counter(
      'countersign_access_decisions_total',
      'Decisions about requests: accepted, or the code of the refusal',
      'reason',
      () => this.reasons,
    );
    metrics.registry.registerMetric(this.seconds);
  }
}
