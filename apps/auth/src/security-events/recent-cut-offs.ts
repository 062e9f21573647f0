import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { lastSecondEnded, type LoggedEvent } from './security-event.js';
import { SecurityEventFeed } from './security-event-feed.js';

const MAX_DELAY_MS = 2_000;

/**
 * Accounts whose tokens have just been ended by the time of their issue. Verifiers know that time in whole seconds: a
 * token of a new login within the same second would end with the others.
 */
@Injectable()
export class RecentCutOffs {
  private readonly lastSeconds = new Map<string, number>();

  constructor(feed: SecurityEventFeed) {
    feed.listen((events) => this.take(events));
  }

  /** Resolves when a token of the account is not taken for an older one: at once, but for the second of a cut-off. */
  async passed(subject: string): Promise<void> {
    const lastSecond = this.lastSeconds.get(subject);
    if (lastSecond === undefined) return;
    const remainingMs = (lastSecond + 1) * 1_000 - Date.now();
    if (remainingMs > 0) await delay(Math.min(remainingMs, MAX_DELAY_MS));
  }

  private take(events: readonly LoggedEvent[]): void {
    const now = Date.now() / 1_000;
    for (const [subject, lastSecond] of this.lastSeconds) {
      if (lastSecond + 1 < now) this.lastSeconds.delete(subject);
    }
    for (const logged of events) {
      const { event } = logged;
      if (event.type !== 'account-disabled' && event.type !== 'credential-changed') continue;
      this.lastSeconds.set(event.subject, lastSecondEnded(logged));
    }
  }
}
