import { randomUUID } from 'node:crypto';
import { Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { EventReceiver } from '../revocation/event-receiver.js';
import { EventStream, type EventStreamOptions } from '../revocation/event-stream.js';
import { Revocations } from '../revocation/revocations.js';
import { SecurityEventTokenVerifier } from '../revocation/security-event-token-verifier.js';
import type { IssuerKeys } from './issuer-keys.js';

export interface IssuerEventsOptions {
  readonly issuer: string;
  readonly clockToleranceSeconds: number;
  readonly maxLifetimeSeconds: number;
  /** Where the issuer tells what it has revoked; null where it does not, or is not asked. */
  readonly events: EventStreamOptions | null;
}

/** Some 20 MB when it is full. */
const MAX_REVOCATIONS = 100_000;
/** A token may say that it was issued this much ahead of our clock. */
const MAX_ISSUED_AHEAD_SECONDS = 60;

/** What the issuer revokes, heard and applied in an app's life. */
export class IssuerEvents implements OnApplicationBootstrap, OnApplicationShutdown {
  /** Null without an event stream. */
  readonly revocations: Revocations | null;
  private readonly logger = new Logger(IssuerEvents.name);
  private readonly receiver: EventReceiver | undefined;
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;

  constructor(options: IssuerEventsOptions, keys: IssuerKeys) {
    const { issuer, events, clockToleranceSeconds, maxLifetimeSeconds } = options;
    this.revocations = null;
    if (events === null) return;
    const onWarning = (message: string): void => this.logger.warn(message);
    this.revocations = new Revocations({
      maxTokenAgeSeconds: maxLifetimeSeconds + clockToleranceSeconds + MAX_ISSUED_AHEAD_SECONDS,
      maxEntries: MAX_REVOCATIONS,
      onWarning,
      now: Date.now,
    });
    this.receiver = new EventReceiver({
      stream: new EventStream(events, randomUUID()),
      verifier: new SecurityEventTokenVerifier({ issuer, audience: events.clientId, keys }),
      revocations: this.revocations,
      keys,
      onWarning,
      now: Date.now,
      random: Math.random,
    });
  }

  /** Milliseconds since the stream last said something; undefined without one. */
  get ageMs(): number | undefined {
    return this.receiver?.ageMs;
  }

  /** @throws AuthError while it is not known what was revoked before our start */
  assertKnown(): void {
    this.revocations?.assertKnown();
  }

  onApplicationBootstrap(): void {
    if (this.receiver === undefined) {
      this.logger.warn('no event stream: a token that is revoked is accepted until it expires');
    }
    this.running = this.receiver?.run(this.stopping.signal);
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }
}
