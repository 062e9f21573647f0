import { IssuerKeys } from '@countersign/auth/passport';
import { Metrics } from '@countersign/platform';
import { Injectable } from '@nestjs/common';

/**
 * How old the issuer's keys are, and whether fresh ones can be had. A set goes stale only while fetches fail: one that
 * nobody asked for is not fetched again, and is merely old.
 */
@Injectable()
export class KeySetMetrics {
  constructor({ figures }: IssuerKeys, metrics: Metrics) {
    metrics.gauge(
      'countersign_jwks_age_seconds',
      'Seconds since the key set of the issuer was fetched',
      () => (Number.isFinite(figures.ageMs) ? figures.ageMs / 1_000 : undefined),
    );
    metrics.gauge(
      'countersign_jwks_stale_seconds',
      'Seconds for which the key set has been too old because it cannot be fetched',
      () => figures.staleMs / 1_000,
    );
    metrics.gauge('countersign_jwks_keys', 'Keys in the set', () => figures.size);
    metrics.counter(
      'countersign_jwks_fetches_total',
      'Fetches of the key set, by what came of them',
      'outcome',
      () => figures.fetches,
    );
    metrics.counter(
      'countersign_jwks_unknown_kids_total',
      'Look-ups of a kid that the set has not: those that went with a fetch, and those that were spared one',
      'outcome',
      () => figures.unknownKids,
    );
  }
}
