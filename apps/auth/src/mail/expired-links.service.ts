import { Inject, Injectable } from '@nestjs/common';
import { Database } from '@countersign/platform/database';
import { ExpiredRowsDeletion } from '../housekeeping/expired-rows-deletion.js';
import { mailedLinks } from './mailed-links.table.js';

/** Deletes mailed links that nobody can use any more. */
@Injectable()
export class ExpiredLinksService extends ExpiredRowsDeletion {
  constructor(@Inject(Database) database: Pick<Database, 'orm'>) {
    super(database, mailedLinks.expiresAt);
  }
}
