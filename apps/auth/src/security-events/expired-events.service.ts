import {
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { withoutQuery } from '@countersign/platform/database';
import { EventStreamsRepository } from './event-streams.repository.js';

const INTERVAL_MS = 60_000;

/** Deletes what no verifier needs to hear any more. Nothing depends on it but the size of the tables. */
@Injectable()
export class ExpiredEventsService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(ExpiredEventsService.name);
  private timer: NodeJS.Timeout | undefined;
  private round: Promise<void> = Promise.resolve();

  constructor(private readonly streams: EventStreamsRepository) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => {
      this.round = this.streams
        .deleteExpired()
        .catch((error: unknown) => this.logger.warn(`not deleted: ${String(withoutQuery(error))}`));
    }, INTERVAL_MS).unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.round;
  }
}
