/** Too many wait already: the caller is told to come back later (503). */
export class QueueFullError extends Error {
  override readonly name = 'QueueFullError';
}

export interface WorkQueueOptions {
  readonly concurrency: number;
  readonly maxWaiting: number;
}

/** Runs at most `concurrency` tasks at a time, and lets at most `maxWaiting` wait for their turn. */
export class WorkQueue {
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(private readonly options: WorkQueueOptions) {}

  /** @throws QueueFullError without having run `task`. */
  async run<Result>(task: () => Promise<Result>): Promise<Result> {
    if (this.running >= this.options.concurrency) await this.turn();
    else this.running++;
    try {
      return await task();
    } finally {
      // A waiting task takes this one's place: `running` does not change hands through zero.
      const next = this.waiting.shift();
      if (next) next();
      else this.running--;
    }
  }

  /** @throws QueueFullError when a task would be refused now. */
  assertNotFull(): void {
    if (this.waiting.length >= this.options.maxWaiting) throw new QueueFullError('too many tasks wait');
  }

  private turn(): Promise<void> {
    this.assertNotFull();
    return new Promise((resolve) => this.waiting.push(resolve));
  }
}
