import { Injectable } from '@nestjs/common';
import { RecurringDeletion } from '../housekeeping/recurring-deletion.js';
import { EventStreamsRepository } from './event-streams.repository.js';

/** Deletes what no verifier needs to hear any more. Nothing depends on it but the size of the tables. */
@Injectable()
export class ExpiredEventsService extends RecurringDeletion {
  constructor(private readonly streams: EventStreamsRepository) {
    super();
  }

  deleteExpired(): Promise<void> {
    return this.streams.deleteExpired();
  }
}
