import { beforeEach, describe, expect, it } from '@jest/globals';
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
});
