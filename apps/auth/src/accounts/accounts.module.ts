import { Module } from '@nestjs/common';
import { MailedLinksRepository } from '../mail/mailed-links.repository.js';
import { SecurityEventsModule } from '../security-events/security-events.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { AccountsRepository } from './accounts.repository.js';
import { AccountsService } from './accounts.service.js';
import { PasswordHasher } from './password-hasher.js';

@Module({
  imports: [SecurityEventsModule, SessionsModule],
  providers: [
    AccountsRepository,
    AccountsService,
    MailedLinksRepository,
    { provide: PasswordHasher, useFactory: () => PasswordHasher.create() },
  ],
  exports: [AccountsRepository, AccountsService, MailedLinksRepository, PasswordHasher],
})
export class AccountsModule {}
