import { Inject, Injectable } from '@nestjs/common';
import { Database } from '@countersign/platform/database';
import { ExpiredRowsDeletion } from '../housekeeping/expired-rows-deletion.js';
import { loginThrottle } from './login-throttle.table.js';

/** Deletes counters of failed logins and of mails whose time is over. */
@Injectable()
export class ExpiredCountersService extends ExpiredRowsDeletion {
  constructor(@Inject(Database) database: Pick<Database, 'orm'>) {
    super(database, loginThrottle.expire);
  }
}
