import { randomUUID } from 'node:crypto';
import type { Principal } from '@countersign/auth';
import { Injectable } from '@nestjs/common';
import { Database } from '@countersign/platform/database';
import { eq } from 'drizzle-orm';
import type { Account, Role } from '../accounts/account.js';
import { AccountsRepository } from '../accounts/accounts.repository.js';
import { accounts } from '../accounts/accounts.table.js';
import { adminRefusal } from '../admin/admin-errors.js';
import { HandedOverLinks, type HandedOverLink } from '../registration/handed-over-links.js';
import type { Transaction } from '../sessions/open-access.repository.js';
import { found, toView, type AccountRow, type AccountView } from './account-directory.js';
import { assertNotAbove } from './account-policy.js';

/** An account, and the link by which its owner chooses a password: whoever opens it first does. */
export interface AccountViewWithLink extends AccountView {
  readonly password_link: HandedOverLink;
}

/** How people get in: by an account that an administrator makes, or by another password when theirs is lost. */
@Injectable()
export class AccountEntryService {
  constructor(
    private readonly database: Database,
    private readonly repository: AccountsRepository,
    private readonly links: HandedOverLinks,
  ) {}

  /**
   * Makes an account. Nobody can log in to it before its owner has chosen a password.
   *
   * @throws ServiceError `account_exists`, `account_above_caller`
   */
  async create(
    person: { readonly email: string; readonly name: string; readonly roles: readonly Role[] },
    caller: Principal,
  ): Promise<AccountViewWithLink> {
    assertNotAbove(person.roles, caller);
    return this.database.orm.transaction(async (tx) => {
      const account: Account = { ...person, id: randomUUID(), emailVerified: false };
      if (!(await this.repository.add({ account, passwordHash: undefined }, tx)))
        throw adminRefusal('account_exists', 'There is an account with this address already.');
      const [row] = await tx.select().from(accounts).where(eq(accounts.id, account.id));
      return this.withLink(row, tx);
    });
  }

  /**
   * Makes a link to a new password. The present one, and all that it gave, is good until the link is used.
   *
   * @throws ServiceError `account_not_found`, `account_above_caller`, `account_disabled`
   */
  async resetPassword(id: string, caller: Principal): Promise<AccountViewWithLink> {
    return this.database.orm.transaction(async (tx) => {
      // Locked: whoever makes an administrator of the account at this moment withdraws this link, too.
      const [row] = await tx.select().from(accounts).where(eq(accounts.id, id)).for('update');
      if (row !== undefined) assertNotAbove(row.roles, caller);
      return this.withLink(row, tx);
    });
  }

  private async withLink(row: AccountRow | undefined, tx: Transaction): Promise<AccountViewWithLink> {
    const account = found(row);
    if (account.disabledAt !== null)
      throw adminRefusal('account_disabled', 'This account is disabled: enable it first.');
    return { ...toView(account), password_link: await this.links.issue(account.email, tx) };
  }
}
