import { Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { withoutQuery } from '@countersign/platform/database';

const INTERVAL_MS = 60_000;

/** Deletes once a minute, one round at a time, what counts for nothing any more. A round that fails is made up for by the next. */
export abstract class RecurringDeletion implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(this.constructor.name);
  private readonly shutdown = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  private round: Promise<void> | undefined;

  /** @param signal tells that no further statement is to begin */
  abstract deleteExpired(signal: AbortSignal): Promise<void>;

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => {
      this.round ??= this.run();
    }, INTERVAL_MS).unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    this.shutdown.abort();
    await this.round;
  }

  private async run(): Promise<void> {
    try {
      await this.deleteExpired(this.shutdown.signal);
    } catch (error) {
      this.logger.warn(`not deleted: ${String(withoutQuery(error))}`);
    } finally {
      this.round = undefined;
    }
  }
}
