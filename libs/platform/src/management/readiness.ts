import { Injectable } from '@nestjs/common';

/** Resolves when a dependency is usable, rejects with the reason when it is not. */
export type ReadinessCheck = () => void | Promise<void>;

export interface ReadinessReport {
  readonly status: 'ready' | 'unready';
  /** `ok`, or why not. */
  readonly checks: Readonly<Record<string, string>>;
}

/** Whether this process can do its work now. A feature registers a check for each thing it cannot work without. */
@Injectable()
export class Readiness {
  private readonly checks = new Map<string, ReadinessCheck>();

  register(name: string, check: ReadinessCheck): void {
    this.checks.set(name, check);
  }

  async report(): Promise<ReadinessReport> {
    const results = await Promise.all(
      [...this.checks].map(async ([name, check]) => {
        try {
          await check();
          return [name, 'ok'] as const;
        } catch (error) {
          return [name, error instanceof Error ? error.message : 'failed'] as const;
        }
      }),
    );
    const status = results.every(([, result]) => result === 'ok') ? 'ready' : 'unready';
    return { status, checks: Object.fromEntries(results) };
  }
}
