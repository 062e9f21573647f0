import { Inject, Injectable } from '@nestjs/common';
import { Database } from '@countersign/platform/database';
import { ExpiredRowsDeletion } from '../housekeeping/expired-rows-deletion.js';
import { sessionDetails } from './session-details.table.js';

/** Deletes what was known of sessions that have expired. */
@Injectable()
export class ExpiredSessionDetailsService extends ExpiredRowsDeletion {
  constructor(@Inject(Database) database: Pick<Database, 'orm'>) {
    super(database, sessionDetails.expiresAt);
  }
}
