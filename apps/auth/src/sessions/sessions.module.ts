import { Module } from '@nestjs/common';
import { SecurityEventsModule } from '../security-events/security-events.module.js';
import { OpenAccessRepository } from './open-access.repository.js';

@Module({
  imports: [SecurityEventsModule],
  providers: [OpenAccessRepository],
  exports: [OpenAccessRepository],
})
export class SessionsModule {}
