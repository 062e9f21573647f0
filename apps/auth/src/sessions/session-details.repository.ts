import { Inject, Injectable } from '@nestjs/common';
import { Database } from '@countersign/platform/database';
import { lt, or, ne } from 'drizzle-orm';
import { placeOf } from '../client-address/network.js';
import { sessionDetails } from './session-details.table.js';

/** Between two notes of a use: a busy session is not a busy table. */
const RESOLUTION_MS = 60_000;
const MAX_USER_AGENT_LENGTH = 256;

/** A request within a session in which somebody is logged in. */
export interface SessionUse {
  readonly uid: string;
  readonly accountId: string;
  readonly address: string;
  readonly userAgent: string;
  readonly loggedInAt: Date;
  readonly expiresAt: Date;
}

@Injectable()
export class SessionDetailsRepository {
  constructor(@Inject(Database) private readonly database: Pick<Database, 'orm'>) {}

  /** Notes where and when a session is used, once a minute at most, and at once after a login. */
  async note({ uid, address, userAgent, ...use }: SessionUse): Promise<void> {
    const now = new Date();
    const values = {
      ...use,
      place: placeOf(address),
      userAgent: userAgent.slice(0, MAX_USER_AGENT_LENGTH),
      lastUsedAt: now,
    };
    await this.database.orm
      .insert(sessionDetails)
      .values({ uid, ...values })
      .onConflictDoUpdate({
        target: sessionDetails.uid,
        set: values,
        setWhere: or(
          lt(sessionDetails.lastUsedAt, new Date(now.getTime() - RESOLUTION_MS)),
          ne(sessionDetails.loggedInAt, use.loggedInAt),
        ),
      });
  }
}
