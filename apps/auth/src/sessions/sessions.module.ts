import { Module } from '@nestjs/common';
import { SecurityEventsModule } from '../security-events/security-events.module.js';
import { AccountAccessService } from './account-access.service.js';
import { EndedLogins } from './ended-logins.js';
import { ExpiredSessionDetailsService } from './expired-session-details.service.js';
import { OpenAccessRepository } from './open-access.repository.js';
import { SessionDetailsRepository } from './session-details.repository.js';

@Module({
  imports: [SecurityEventsModule],
  providers: [
    AccountAccessService,
    EndedLogins,
    ExpiredSessionDetailsService,
    OpenAccessRepository,
    SessionDetailsRepository,
  ],
  exports: [AccountAccessService, EndedLogins, OpenAccessRepository, SessionDetailsRepository],
})
export class SessionsModule {}
