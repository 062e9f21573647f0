import { Module, type DynamicModule } from '@nestjs/common';
import type { AuthConfig } from '../app.config.js';
import { EventStreamController } from './event-stream.controller.js';
import { EventIssuer, EventStreamService } from './event-stream.service.js';
import { EventStreamsRepository } from './event-streams.repository.js';
import { EventTokenSigner } from './event-token-signer.js';
import { ExpiredEventsService } from './expired-events.service.js';
import { SecurityEventsModule } from './security-events.module.js';

/** Tells verifiers what `SecurityEventLog` has noted. */
@Module({})
export class EventDeliveryModule {
  static forRoot({ ISSUER }: AuthConfig): DynamicModule {
    return {
      module: EventDeliveryModule,
      imports: [SecurityEventsModule],
      controllers: [EventStreamController],
      providers: [
        { provide: EventIssuer, useFactory: () => new EventIssuer(ISSUER) },
        EventStreamService,
        EventStreamsRepository,
        EventTokenSigner,
        ExpiredEventsService,
      ],
    };
  }
}
