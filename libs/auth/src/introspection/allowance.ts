export interface AllowanceOptions {
  /** What may be spent at once. */
  readonly capacity: number;
  readonly perSecond: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** A number of attempts that comes back steadily. It may be overdrawn: whether one is spent shows afterwards. */
export class Allowance {
  private left: number;
  private countedAt: number;

  constructor(private readonly options: AllowanceOptions) {
    this.left = options.capacity;
    this.countedAt = options.now();
  }

  get isSpent(): boolean {
    this.refill();
    return this.left < 1;
  }

  spend(): void {
    this.refill();
    this.left -= 1;
  }

  private refill(): void {
    const { capacity, perSecond, now } = this.options;
    const elapsedMs = Math.max(0, now() - this.countedAt);
    this.left = Math.min(capacity, this.left + (elapsedMs / 1_000) * perSecond);
    this.countedAt += elapsedMs;
  }
}
