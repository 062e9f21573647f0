import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { Database } from '@countersign/platform/database';
import type { Account } from '../accounts/account.js';
import { AccountsRepository } from '../accounts/accounts.repository.js';
import { AccountsService } from '../accounts/accounts.service.js';
import { PasswordHasher } from '../accounts/password-hasher.js';
import { MailedLinksRepository, PASSWORD_LINKS, type MailedLink } from '../mail/mailed-links.repository.js';
import { EndedLogins } from '../sessions/ended-logins.js';

/** What a link was good for has happened: an account, and the way to go on. */
export interface Redemption {
  readonly account: Account;
  readonly interactionUid: string | null;
}

/** What people do with the links that they were given. A link is used up with what it was good for, or not at all. */
@Injectable()
export class LinkRedemptionService {
  constructor(
    @Inject(Database) private readonly database: Pick<Database, 'orm'>,
    private readonly links: MailedLinksRepository,
    private readonly repository: AccountsRepository,
    private readonly accounts: AccountsService,
    private readonly passwordHasher: PasswordHasher,
    private readonly endedLogins: EndedLogins,
  ) {}

  /** Whose a link to a registration is, without using it. */
  async findRegistration(token: string): Promise<MailedLink | undefined> {
    return this.links.find(['register'], token);
  }

  /** Whose a link to a new password is, without using it. */
  async findPasswordReset(token: string): Promise<MailedLink | undefined> {
    return this.links.find(PASSWORD_LINKS, token);
  }

  /**
   * Makes the account that a link was mailed for. Name and password are chosen by who opened the link: nobody can
   * prepare an account for another's address and wait for its owner.
   *
   * @returns undefined when the link is no longer good, or the address has got an account meanwhile
   * @throws QueueFullError when too many wait.
   */
  async register(token: string, person: { readonly name: string; readonly password: string }) {
    const passwordHash = await this.passwordHasher.hash(person.password);
    return this.database.orm.transaction(async (tx): Promise<Redemption | undefined> => {
      const link = await this.links.use(['register'], token, tx);
      if (link === undefined) return undefined;
      const { email, interactionUid } = link;
      const account: Account = {
        id: randomUUID(),
        email,
        emailVerified: true,
        name: person.name,
        roles: ['customer'],
      };
      const isAdded = await this.repository.add({ account, passwordHash }, tx);
      return isAdded ? { account, interactionUid } : undefined;
    });
  }

  /**
   * Sets a new password by a link, and ends all that the old one gave.
   *
   * @returns undefined when the link is no longer good
   * @throws QueueFullError when too many wait.
   */
  async resetPassword(token: string, password: string): Promise<Redemption | undefined> {
    const found = await this.links.find(PASSWORD_LINKS, token);
    const account = found && (await this.repository.findCredentials(found.email))?.account;
    if (account === undefined) return undefined;
    const passwordHash = await this.passwordHasher.hash(password);
    const done = await this.database.orm.transaction(async (tx) => {
      // The account before its links, as whoever makes or withdraws them has it: in the other order the two wait for each other.
      await this.repository.lock(account.id, tx);
      const link = await this.links.use(PASSWORD_LINKS, token, tx);
      if (link === undefined) return undefined;
      const changed = await this.accounts.setPassword(account.id, { passwordHash }, tx);
      if (changed === undefined) return undefined;
      // One that was handed over has not shown that mail to the address reaches anyone.
      if (link.purpose === 'reset-password') await this.repository.setEmailVerified(account.id, tx);
      return { link, changed };
    });
    if (done === undefined) return undefined;
    this.endedLogins.announce(done.changed.endedLogins);
    return { account, interactionUid: done.link.interactionUid };
  }
}
