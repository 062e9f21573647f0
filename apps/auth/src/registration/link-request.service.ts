import { Injectable, Logger } from '@nestjs/common';
import { withoutQuery } from '@countersign/platform/database';
import { normalizeEmail } from '../accounts/account.js';
import { AccountsRepository } from '../accounts/accounts.repository.js';
import { MailThrottle } from '../mail/mail-throttle.js';
import { MailedLinksRepository } from '../mail/mailed-links.repository.js';
import type { LinkPurpose } from '../mail/mailed-links.table.js';
import { Mailer } from '../mail/mailer.js';
import { LinkMails } from './link-mails.js';

export interface LinkRequest {
  readonly purpose: LinkPurpose;
  readonly email: string;
  /** Address of the client. */
  readonly address: string;
  readonly interactionUid: string | null;
}

/** Mails links to whom they are for, and tells whoever asked nothing of it. */
@Injectable()
export class LinkRequestService {
  private readonly logger = new Logger(LinkRequestService.name);

  constructor(
    private readonly throttle: MailThrottle,
    private readonly accounts: AccountsRepository,
    private readonly links: MailedLinksRepository,
    private readonly mails: LinkMails,
    private readonly mailer: Mailer,
  ) {}

  /**
   * Takes a request. What comes of it happens afterwards: neither the answer nor its time shows whether the address has
   * an account (OWASP ASVS 6.3.8).
   *
   * @throws ThrottledError when a client asks for too many.
   */
  async request(request: LinkRequest): Promise<void> {
    const email = normalizeEmail(request.email);
    await this.throttle.assertFewFrom(request.address);
    void this.deliver({ ...request, email }).catch((error: unknown) =>
      this.logger.error(withoutQuery(error)),
    );
  }

  private async deliver({ purpose, email, interactionUid }: LinkRequest): Promise<void> {
    if (!(await this.throttle.takeFor(email))) return;
    const account = await this.accounts.findCredentials(email);
    if (purpose === 'register') {
      if (await this.accounts.isTaken(email)) return this.mailer.send(this.mails.alreadyRegistered(email));
      const token = await this.links.add({ purpose, email, interactionUid });
      return this.mailer.send(this.mails.finishRegistration(email, token));
    }
    if (account === undefined) return;
    const token = await this.links.add({ purpose, email, interactionUid });
    await this.mailer.send(this.mails.resetPassword(email, token));
  }
}
