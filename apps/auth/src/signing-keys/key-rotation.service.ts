import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { Readiness } from '@countersign/platform';
import { Database, isDatabaseOutage, withoutQuery } from '@countersign/platform/database';
import { dueCommand } from './rotation-schedule.js';
import { KEY_RING_CHANNEL } from './signing-keys.repository.js';
import { SigningKeysService } from './signing-keys.service.js';

/** A notification comes in milliseconds; this is how late a replica is when none comes. */
const LOOK_EVERY_MS = 1_000;
/** Long before what was said of the JWKS's max-age counts no more. */
const KEEP_UP_EVERY_MS = 30_000;
/** More steps than one rotation has, so that a fault of the schedule cannot spin. */
const MAX_STEPS_A_LOOK = 10;

/**
 * Keeps this replica's key ring equal to the database's, and makes the steps of the schedule that are due. Every
 * replica does so: each step is decided under the lock of the ring, so that of several one makes it.
 */
@Injectable()
export class KeyRotationService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(KeyRotationService.name);
  private timer: NodeJS.Timeout | undefined;
  private stopListening: (() => void) | undefined;
  private looking: Promise<void> = Promise.resolve();
  private isStopped = false;
  private keepUpAt = 0;
  /** Why the last look failed. */
  private fault: unknown;

  constructor(
    @Inject(Database) private readonly database: Pick<Database, 'notifications'>,
    private readonly signingKeys: SigningKeysService,
    private readonly readiness: Readiness,
  ) {}

  onApplicationBootstrap(): void {
    this.readiness.register('signing-keys', () => this.assertSigning());
    this.stopListening = this.database.notifications.listen(KEY_RING_CHANNEL, () => this.track(this.look()));
    this.schedule();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.isStopped = true;
    clearTimeout(this.timer);
    this.stopListening?.();
    await this.looking;
  }

  private schedule(): void {
    this.timer = setTimeout(() => {
      this.track(this.lookAndRotate());
    }, LOOK_EVERY_MS).unref();
  }

  /** What runs at a shutdown is waited for. */
  private track(work: Promise<void>): void {
    this.looking = Promise.all([this.looking, work]).then(() => undefined);
  }

  private async lookAndRotate(): Promise<void> {
    await this.look();
    try {
      await this.keepUp();
      await this.makeDueSteps();
    } catch (error) {
      this.logger.error(withoutQuery(error));
    }
    if (!this.isStopped) this.schedule();
  }

  private async look(): Promise<void> {
    try {
      await this.signingKeys.refresh();
      this.fault = undefined;
    } catch (error) {
      // Said once, and by the probe for as long as it lasts.
      if (this.fault === undefined) this.logger.error(withoutQuery(error));
      this.fault = error;
    }
  }

  /** What need not be done at each look, and is done at the first. */
  private async keepUp(): Promise<void> {
    if (performance.now() < this.keepUpAt) return;
    await this.signingKeys.advertise();
    this.keepUpAt = performance.now() + KEEP_UP_EVERY_MS;
  }

  private async makeDueSteps(): Promise<void> {
    const { known, policy } = this.signingKeys;
    if (this.fault !== undefined || dueCommand(known, policy, new Date()) === undefined) return;
    for (let step = 0; step < MAX_STEPS_A_LOOK && !this.isStopped; step++) {
      const made = await this.signingKeys.executeChosen((seen) =>
        dueCommand(seen.ring, seen.policy, seen.now),
      );
      if (made === undefined) return;
    }
  }

  /** A replica that cannot open a key of the ring must not get requests: others publish what it does not know. */
  private assertSigning(): void {
    if (this.fault !== undefined && !isDatabaseOutage(this.fault)) {
      throw new Error(`the key ring cannot be read: ${String(withoutQuery(this.fault))}`);
    }
    const { current, policy } = this.signingKeys;
    const missing = current.missing(policy.algorithms);
    if (missing.length > 0) throw new Error(`no key for ${missing.join(', ')}`);
  }
}
