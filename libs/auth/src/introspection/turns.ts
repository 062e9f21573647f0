export interface TurnsOptions {
  /** How many have a turn at a time. */
  readonly concurrent: number;
  /** How many may wait for one; who comes then is sent away. */
  readonly waiting: number;
}

/** A bounded number at a time, and a bounded number that waits, first come, first served. */
export class Turns {
  private taken = 0;
  private readonly queue = new Set<() => void>();

  constructor(private readonly options: TurnsOptions) {}

  /** @returns whether it is one's turn, to be given back; false when too many wait, or it has not come in time */
  async take(timeoutMs: number): Promise<boolean> {
    const { concurrent, waiting } = this.options;
    if (this.taken < concurrent) {
      this.taken++;
      return true;
    }
    if (this.queue.size >= waiting) return false;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const leave = (isTurn: boolean): void => {
      clearTimeout(timer);
      this.queue.delete(begin);
      resolve(isTurn);
    };
    const begin = (): void => leave(true);
    const timer = setTimeout(() => leave(false), timeoutMs);
    this.queue.add(begin);
    return promise;
  }

  /** It goes to who has waited longest. */
  giveBack(): void {
    const [next] = this.queue;
    if (next === undefined) this.taken--;
    else next();
  }
}
