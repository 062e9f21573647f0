import { Inject, Injectable } from '@nestjs/common';
import { Database } from '@countersign/platform/database';
import { ExpiredRowsDeletion } from '../housekeeping/expired-rows-deletion.js';
import { artefacts } from './artefacts.table.js';

/** Deletes codes, tokens, sessions and interactions that have expired. */
@Injectable()
export class ExpiredArtefactsService extends ExpiredRowsDeletion {
  constructor(@Inject(Database) database: Pick<Database, 'orm'>) {
    super(database, artefacts.expiresAt);
  }
}
