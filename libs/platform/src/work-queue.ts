/** Too many wait already, or one has waited too long: the caller is told to come back later (503). */
export class QueueFullError extends Error {
  override readonly name = 'QueueFullError';
}

export interface WorkQueueOptions {
  readonly concurrency: number;
  readonly maxWaiting: number;
  /** How long a task waits for its turn at most; `null` for as long as it takes, where nobody waits for the answer. */
  readonly maxWaitMs: number | null;
}

/** Runs at most `concurrency` tasks at a time, and lets at most `maxWaiting` wait for their turn. */
export class WorkQueue {
  private running = 0;
  /** In the order in which they came. */
  private readonly waiting = new Set<() => void>();

  constructor(private readonly options: WorkQueueOptions) {}

  /** @throws QueueFullError without having run `task`. */
  async run<Result>(task: () => Promise<Result>): Promise<Result> {
    if (this.running >= this.options.concurrency) await this.turn();
    else this.running++;
    try {
      return await task();
    } finally {
      // A waiting task takes this one's place: `running` does not change hands through zero.
      const [next] = this.waiting;
      if (next) next();
      else this.running--;
    }
  }

  /** @throws QueueFullError when a task would be refused now. */
  assertNotFull(): void {
    if (this.waiting.size >= this.options.maxWaiting) throw new QueueFullError('too many tasks wait');
  }

  private turn(): Promise<void> {
    this.assertNotFull();
    const { maxWaitMs } = this.options;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const begin = (): void => {
      clearTimeout(deadline);
      this.waiting.delete(begin);
      resolve();
    };
    const giveUp = (): void => {
      this.waiting.delete(begin);
      reject(new QueueFullError(`a task had no turn within ${maxWaitMs} ms`));
    };
    const deadline = maxWaitMs === null ? undefined : setTimeout(giveUp, maxWaitMs);
    this.waiting.add(begin);
    return promise;
  }
}
