import { Module, type DynamicModule } from '@nestjs/common';
import { Database } from '@countersign/platform/database';
import { AccountsModule } from '../accounts/accounts.module.js';
import type { AuthConfig } from '../app.config.js';
import { ExpiredLinksService } from '../mail/expired-links.service.js';
import { MailThrottle } from '../mail/mail-throttle.js';
import { MailedLinksRepository } from '../mail/mailed-links.repository.js';
import { Mailer } from '../mail/mailer.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { KeyEncryption } from '../signing-keys/key-encryption.js';
import { HandedOverLinks } from './handed-over-links.js';
import { LinkMails } from './link-mails.js';
import { LinkRedemptionService } from './link-redemption.service.js';
import { LinkRequestService } from './link-request.service.js';
import { PasswordResetController } from './password-reset.controller.js';
import { RegistrationController } from './registration.controller.js';
import { mailerOf, SelfService, selfServiceOf } from './self-service.js';

@Module({})
export class RegistrationModule {
  static forRoot(config: AuthConfig): DynamicModule {
    return {
      module: RegistrationModule,
      global: true, // every login page says what else there is, and administrators hand links over
      imports: [AccountsModule, SessionsModule],
      controllers: [RegistrationController, PasswordResetController],
      providers: [
        ExpiredLinksService,
        LinkRedemptionService,
        LinkRequestService,
        { provide: Mailer, useFactory: () => mailerOf(config) },
        {
          provide: SelfService,
          inject: [Mailer],
          useFactory: (mailer: Mailer) => selfServiceOf(config, mailer),
        },
        {
          provide: HandedOverLinks,
          inject: [MailedLinksRepository],
          useFactory: (links: MailedLinksRepository) => new HandedOverLinks(config.ISSUER, links),
        },
        { provide: LinkMails, useFactory: () => new LinkMails(config.ISSUER) },
        {
          provide: MailThrottle,
          inject: [Database, KeyEncryption],
          useFactory: async ({ orm }: Database, keyEncryption: KeyEncryption) => {
            const [secret] = await keyEncryption.deriveSecrets('mail-throttle');
            return new MailThrottle(orm, secret);
          },
        },
      ],
      exports: [HandedOverLinks, SelfService],
    };
  }
}
