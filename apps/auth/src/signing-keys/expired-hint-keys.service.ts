import { Inject, Injectable } from '@nestjs/common';
import { Database } from '@countersign/platform/database';
import { ExpiredRowsDeletion } from '../housekeeping/expired-rows-deletion.js';
import { idTokenHintKeyRows } from './id-token-hint-keys.table.js';

/** Deletes public keys of which no session has an ID token any more. */
@Injectable()
export class ExpiredHintKeysService extends ExpiredRowsDeletion {
  constructor(@Inject(Database) database: Pick<Database, 'orm'>) {
    super(database, idTokenHintKeyRows.expiresAt);
  }
}
