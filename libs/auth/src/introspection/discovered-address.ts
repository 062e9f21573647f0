import { describeError } from '../describe-error.js';
import type { IntrospectionAddress } from './introspection-endpoint.js';

export interface DiscoveredAddressOptions {
  /** Asks the issuer; its own deadline is its duty. */
  readonly discover: () => Promise<string>;
  readonly onWarning: (message: string) => void;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Least time between two looks at what the issuer says now: failures come in numbers. */
const LOOK_AGAIN_MS = 10_000;

/** An address that the issuer names and may change. The one that was found counts until another is. */
export class DiscoveredAddress implements IntrospectionAddress {
  private found: Promise<string> | undefined;
  private lookedAt = Number.NEGATIVE_INFINITY;

  constructor(private readonly options: DiscoveredAddressOptions) {}

  /** One request for all who wait; what failed is tried again by the next. */
  find(): Promise<string> {
    this.found ??= this.look().catch((error: unknown) => {
      this.found = undefined;
      throw error;
    });
    return this.found;
  }

  doubt(): void {
    if (this.options.now() - this.lookedAt >= LOOK_AGAIN_MS) void this.replace();
  }

  /** It never rejects. */
  private async replace(): Promise<void> {
    try {
      const address = await this.look();
      this.found = Promise.resolve(address);
    } catch (error) {
      this.options.onWarning(`the address of introspection is kept: ${describeError(error)}`);
    }
  }

  private look(): Promise<string> {
    this.lookedAt = this.options.now();
    return this.options.discover();
  }
}
