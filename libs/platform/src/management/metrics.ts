import { Injectable } from '@nestjs/common';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { BucketCounts } from './bucket-counts.js';

/** What a feature shows at `GET /metrics`. */
@Injectable()
export class Metrics {
  readonly registry = new Registry();

  /** Shows a value that is read when it is asked for; undefined shows none. */
  gauge(name: string, help: string, read: () => number | undefined): void {
    const gauge = new Gauge({
      name,
      help,
      registers: [],
      collect() {
        const value = read();
        if (value === undefined) this.remove();
        else this.set(value);
      },
    });
    this.registry.registerMetric(gauge);
  }

  /** Shows counts that somebody else keeps, one for each value of a label. They never go down. */
  counter(name: string, help: string, label: string, read: () => Readonly<Record<string, number>>): void {
    const counter = new Counter({
      name,
      help,
      labelNames: [label],
      registers: [],
      collect() {
        this.reset();
        for (const [value, count] of Object.entries(read())) this.inc({ [label]: value }, count);
      },
    });
    this.registry.registerMetric(counter);
  }

  /** Shows histograms that somebody else keeps, one for each value of a label. */
  histogram(name: string, help: string, label: string, kept: Readonly<Record<string, BucketCounts>>): void {
    this.registry.registerMetric(new KeptHistogram({ name, help, label }, kept));
  }
}

/** Shows what is kept: to hand each value to prom-client's own takes many times as long as to count it. */
class KeptHistogram extends Histogram {
  constructor(
    private readonly shown: { readonly name: string; readonly help: string; readonly label: string },
    private readonly kept: Readonly<Record<string, BucketCounts>>,
  ) {
    super({ name: shown.name, help: shown.help, registers: [] });
  }

  /** What the registry asks when it writes text. */
  async getForPromString(): Promise<object> {
    const { name, help } = this.shown;
    return { name, help, type: 'histogram', values: [...this.values()], aggregator: 'sum' };
  }

  private *values(): Generator<object> {
    const { name, label } = this.shown;
    for (const [value, kept] of Object.entries(this.kept)) {
      const labels = { [label]: value };
      const counts = kept.cumulative();
      for (const [index, count] of counts.entries()) {
        const le = kept.upperBounds[index] ?? '+Inf';
        yield { metricName: `${name}_bucket`, labels: { le, ...labels }, value: count };
      }
      yield { metricName: `${name}_sum`, labels, value: kept.sum };
      yield { metricName: `${name}_count`, labels, value: counts.at(-1) };
    }
  }
}
