import { beforeEach, describe, expect, it } from '@jest/globals';
import { BucketCounts } from './bucket-counts.js';
import { Metrics } from './metrics.js';

describe('Metrics', () => {
  let metrics: Metrics;

  beforeEach(() => {
    metrics = new Metrics();
  });

  async function samples(): Promise<readonly string[]> {
    const text = await metrics.registry.metrics();
    return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  }

  it('shows no value where there is none, before there was one and after', async () => {
    let value: number | undefined;
    metrics.gauge('age_seconds', 'Age', () => value);
    await expect(samples()).resolves.toEqual([]);
    value = 3;
    await expect(samples()).resolves.toEqual(['age_seconds 3']);
    value = undefined;
    await expect(samples()).resolves.toEqual([]);
  });

  it('shows a histogram as Prometheus wants it: each bucket with what lies in those before it', async () => {
    const kept = { cache: new BucketCounts([0.001, 0.01]), signature: new BucketCounts([0.001, 0.01]) };
    metrics.histogram('decision_seconds', 'Time', 'source', kept);
    for (const seconds of [0.0005, 0.001, 0.002, 7]) kept.cache.observe(seconds);
    await expect(samples()).resolves.toEqual([
      'decision_seconds_bucket{le="0.001",source="cache"} 2',
      'decision_seconds_bucket{le="0.01",source="cache"} 3',
      'decision_seconds_bucket{le="+Inf",source="cache"} 4',
      `decision_seconds_sum{source="cache"} ${0.0005 + 0.001 + 0.002 + 7}`,
      'decision_seconds_count{source="cache"} 4',
      'decision_seconds_bucket{le="0.001",source="signature"} 0',
      'decision_seconds_bucket{le="0.01",source="signature"} 0',
      'decision_seconds_bucket{le="+Inf",source="signature"} 0',
      'decision_seconds_sum{source="signature"} 0',
      'decision_seconds_count{source="signature"} 0',
    ]);
    expect(await metrics.registry.metrics()).toContain('# TYPE decision_seconds histogram\n');
  });
});
