import { Injectable } from '@nestjs/common';
import { Gauge, Registry } from 'prom-client';

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
        if (value !== undefined) this.set(value);
      },
    });
    this.registry.registerMetric(gauge);
  }
}
