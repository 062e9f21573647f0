import { Injectable } from '@nestjs/common';
import { RecurringDeletion } from '../housekeeping/recurring-deletion.js';
import { SigningKeysService } from './signing-keys.service.js';

/** Destroys keys in an HSM that no row of the ring names: an HSM that is slow or away holds up no look at the ring. */
@Injectable()
export class LooseKeysDeletionService extends RecurringDeletion {
  constructor(private readonly signingKeys: SigningKeysService) {
    super();
  }

  deleteExpired(): Promise<void> {
    return this.signingKeys.destroyLooseKeys();
  }
}
