import { Inject, Injectable } from '@nestjs/common';
import { Database } from '@countersign/platform/database';
import { MailedLinksRepository } from '../mail/mailed-links.repository.js';
import { SecurityEventLog } from '../security-events/security-event-log.js';
import { EndedLogins, type EndedLogin } from '../sessions/ended-logins.js';
import { OpenAccessRepository, type Transaction } from '../sessions/open-access.repository.js';
import { normalizeEmail, type Account, type VerifiedAccount } from './account.js';
import { AccountsRepository, type NewPassword } from './accounts.repository.js';
import { PasswordHasher } from './password-hasher.js';

export interface ChangedPassword {
  /** Of the new credentials. */
  readonly version: number;
  readonly endedLogins: readonly EndedLogin[];
}

/**
 * Throws when the account is not the caller's to touch. It sees the account locked, in the transaction that acts: one that
 * becomes an administrator's in between is seen as such. `null` where everyone who asks may.
 */
export type AccountCheck = ((account: Account) => void) | null;

@Injectable()
export class AccountsService {
  constructor(
    private readonly repository: AccountsRepository,
    private readonly passwordHasher: PasswordHasher,
    private readonly openAccess: OpenAccessRepository,
    private readonly links: MailedLinksRepository,
    private readonly endedLogins: EndedLogins,
    private readonly securityEvents: SecurityEventLog,
    @Inject(Database) private readonly database: Pick<Database, 'orm'>,
  ) {}

  findEnabled(id: string): Promise<Account | undefined> {
    return this.repository.findEnabled(id);
  }

  /**
   * Turns a login away before anything is looked up for it: those that cannot be served cost next to nothing, however
   * many come.
   *
   * @throws QueueFullError when too many logins wait.
   */
  assertCanAuthenticate(): void {
    this.passwordHasher.assertNotBusy();
  }

  /**
   * The account that has this address and password. Unknown address, wrong password, disabled account and one that has
   * no password yet give the same answer in the same time: a login form must not tell who has an account (OWASP ASVS
   * 6.3.8).
   *
   * @throws QueueFullError when too many logins wait.
   */
  async authenticate(email: string, password: string): Promise<VerifiedAccount | undefined> {
    const credentials = await this.repository.findCredentials(normalizeEmail(email));
    const matches = await this.passwordHasher.verify(password, credentials?.passwordHash);
    return matches ? credentials?.account : undefined;
  }

  /**
   * Locks an account out at once: sessions, grants, refresh tokens, logins under way and links to a password end, and
   * every verifier is told, in one transaction (OWASP ASVS 7.4.2). A link that was kept would open the account when it
   * is enabled again.
   *
   * @returns whether it was enabled until now
   */
  async disable(id: string, check: AccountCheck): Promise<boolean> {
    const ended = await this.database.orm.transaction(async (tx) => {
      const account = await this.lock(id, check, tx);
      if (account === undefined || !(await this.repository.disable(id, tx))) return undefined;
      await this.links.withdrawAll(account.email, tx);
      const logins = await this.openAccess.deleteAll(id, tx);
      await this.securityEvents.append({ type: 'account-disabled', subject: id }, tx);
      return logins;
    });
    this.endedLogins.announce(ended ?? []);
    return ended !== undefined;
  }

  /** Lets an account log in again; what ended stays ended. @returns whether it was disabled until now */
  enable(id: string, check: AccountCheck): Promise<boolean> {
    return this.database.orm.transaction(async (tx) => {
      await this.lock(id, check, tx);
      return this.repository.enable(id, tx);
    });
  }

  /**
   * Sets a new password and ends all that the old one could have given: sessions, grants, refresh tokens and logins
   * under way; every verifier is told (RFC 9700 §4.14.2, OWASP ASVS 7.4.3). Links to a password end too: who has opened
   * the owner's mail would set another one after the owner.
   *
   * @returns the version of the new credentials; undefined when the account has been disabled, or the password that
   * was given is no longer its own
   * @throws QueueFullError when too many wait.
   */
  async changePassword(
    { id, credentialsVersion }: Pick<VerifiedAccount, 'id' | 'credentialsVersion'>,
    password: string,
  ): Promise<number | undefined> {
    const passwordHash = await this.passwordHasher.hash(password);
    const change = { passwordHash, replaces: credentialsVersion };
    const changed = await this.database.orm.transaction((tx) => this.setPassword(id, change, tx));
    this.endedLogins.announce(changed?.endedLogins ?? []);
    return changed?.version;
  }

  /** As `changePassword`, within a transaction: the logins that it ends are to be announced after it. */
  async setPassword(id: string, change: NewPassword, tx: Transaction): Promise<ChangedPassword | undefined> {
    const account = await this.repository.lock(id, tx);
    const version = await this.repository.setPassword(id, change, tx);
    if (account === undefined || version === undefined) return undefined;
    await this.links.withdrawAll(account.email, tx);
    const endedLogins = await this.openAccess.deleteAll(id, tx);
    await this.securityEvents.append({ type: 'credential-changed', subject: id }, tx);
    return { version, endedLogins };
  }

  /** Ends every session and grant of an account, and every link to its password: "sign out everywhere". */
  async signOutEverywhere(id: string, check: AccountCheck): Promise<void> {
    const ended = await this.database.orm.transaction(async (tx) => {
      const account = await this.lock(id, check, tx);
      if (account === undefined) return [];
      await this.links.withdrawAll(account.email, tx);
      return this.openAccess.endAll(id, tx);
    });
    this.endedLogins.announce(ended);
  }

  private async lock(id: string, check: AccountCheck, tx: Transaction): Promise<Account | undefined> {
    const account = await this.repository.lock(id, tx);
    if (account !== undefined) check?.(account);
    return account;
  }
}
