import { DECISION_REASONS } from '@countersign/auth';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { Metrics } from '../management/metrics.js';
import { AccessDecisions } from './access-decisions.js';

describe('AccessDecisions', () => {
  let decisions: AccessDecisions;
  let metrics: Metrics;

  beforeEach(() => {
    decisions = new AccessDecisions();
    metrics = new Metrics();
    decisions.showIn(metrics);
  });

  it('shows every reason that there is from the start, and no other', async () => {
    const text = await metrics.registry.metrics();
    const shown = [...text.matchAll(/^countersign_access_decisions_total\{reason="(\w+)"\} 0$/gm)];
    expect(shown.map(([, reason]) => reason)).toEqual(DECISION_REASONS);
  });

  it('counts each decision by its reason, and its time by what the token was held against', async () => {
    decisions.note({ reason: 'accepted', source: 'cache', durationMs: 0.02 });
    decisions.note({ reason: 'accepted', source: 'cache', durationMs: 0.03 });
    decisions.note({ reason: 'token_expired', source: 'signature', durationMs: 0.2 });
    const text = await metrics.registry.metrics();
    expect(text).toContain('countersign_access_decisions_total{reason="accepted"} 2\n');
    expect(text).toContain('countersign_access_decisions_total{reason="token_expired"} 1\n');
    expect(text).toContain('countersign_access_decision_seconds_bucket{le="0.000025",source="cache"} 1\n');
    expect(text).toContain('countersign_access_decision_seconds_bucket{le="0.00005",source="cache"} 2\n');
    expect(text).toContain('countersign_access_decision_seconds_bucket{le="0.0001",source="signature"} 0\n');
    expect(text).toContain('countersign_access_decision_seconds_bucket{le="0.00025",source="signature"} 1\n');
    expect(text).toContain('countersign_access_decision_seconds_bucket{le="+Inf",source="cache"} 2\n');
    expect(text).toContain(
      `countersign_access_decision_seconds_sum{source="cache"} ${0.02 / 1_000 + 0.03 / 1_000}\n`,
    );
    expect(text).toContain('countersign_access_decision_seconds_count{source="cache"} 2\n');
    expect(text).toContain('countersign_access_decision_seconds_count{source="introspection"} 0\n');
    expect(text).toContain('# TYPE countersign_access_decision_seconds histogram\n');
  });
});
