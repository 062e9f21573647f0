/** Counts of a Prometheus histogram that somebody keeps: observed values, and how many of them lie in which bucket. */
export class BucketCounts {
  sum = 0;
  /** One for each bound, and a last one for what lies beyond all of them. */
  private readonly counts: Float64Array;

  /** @param upperBounds ascending; a value that equals one lies within it */
  constructor(readonly upperBounds: readonly number[]) {
    this.counts = new Float64Array(upperBounds.length + 1);
  }

  observe(value: number): void {
    const { upperBounds, counts } = this;
    let bucket = 0;
    while (bucket < upperBounds.length && value > Number(upperBounds[bucket])) bucket++;
    counts[bucket] = Number(counts[bucket]) + 1;
    this.sum += value;
  }

  /** How many lie within each bound, those of the bounds before included; the last is how many there are. */
  cumulative(): readonly number[] {
    let total = 0;
    return Array.from(this.counts, (count) => (total += count));
  }
}
