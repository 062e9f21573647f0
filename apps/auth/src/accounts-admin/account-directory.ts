import type { Principal } from '@countersign/auth';
import { Injectable } from '@nestjs/common';
import { Database } from '@countersign/platform/database';
import { and, asc, eq, gt, sql } from 'drizzle-orm';
import type { Role } from '../accounts/account.js';
import { accounts } from '../accounts/accounts.table.js';
import { adminRefusal } from '../admin/admin-errors.js';
import { HandedOverLinks } from '../registration/handed-over-links.js';
import { assertNotAbove } from './account-policy.js';

export type AccountRow = typeof accounts.$inferSelect;

/** An account as an administrator sees it: all but its password. */
export interface AccountView {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly roles: readonly Role[];
  readonly disabled_at: string | null;
  readonly created_at: string;
}

export interface AccountPage {
  readonly data: readonly AccountView[];
  readonly next_cursor: string | null;
}

/** All accounts, disabled ones too. */
@Injectable()
export class AccountDirectory {
  constructor(
    private readonly database: Database,
    private readonly links: HandedOverLinks,
  ) {}

  async find(id: string): Promise<AccountView | undefined> {
    const [row] = await this.database.orm.select().from(accounts).where(eq(accounts.id, id));
    return row && toView(row);
  }

  /** Accounts whose address has `email` in it, in the order of their ids, from the one after `after`. */
  async page(email: string, after: string | undefined, limit: number): Promise<AccountPage> {
    const rows = await this.database.orm
      .select()
      .from(accounts)
      .where(
        and(
          // `strpos` and not LIKE: what is looked for is text, never a pattern.
          email === '' ? undefined : sql`strpos(${accounts.email}, ${email}) > 0`,
          after === undefined ? undefined : gt(accounts.id, after),
        ),
      )
      .orderBy(asc(accounts.id))
      .limit(limit + 1);
    const data = rows.slice(0, limit);
    return { data: data.map(toView), next_cursor: rows.length > limit ? (data.at(-1)?.id ?? null) : null };
  }

  /**
   * Sets the roles of an account. A link that was handed out for it ends: who may touch the account as it was need not
   * be one who may set the password of an administrator.
   *
   * @returns the account; undefined when there is none
   * @throws ServiceError `account_above_caller`
   */
  async setRoles(id: string, roles: readonly Role[], caller: Principal): Promise<AccountView | undefined> {
    return this.database.orm.transaction(async (tx) => {
      const [before] = await tx.select().from(accounts).where(eq(accounts.id, id)).for('update');
      if (before === undefined) return undefined;
      assertNotAbove([...before.roles, ...roles], caller);
      const [row] = await tx.update(accounts).set({ roles }).where(eq(accounts.id, id)).returning();
      if (row === undefined) return undefined;
      await this.links.withdraw(row.email, tx);
      return toView(row);
    });
  }
}

/** @throws ServiceError `account_not_found` */
export function found<Found>(account: Found | undefined): Found {
  if (account === undefined) throw adminRefusal('account_not_found', 'There is no account with this id.');
  return account;
}

export function toView({ id, email, name, roles, disabledAt, createdAt }: AccountRow): AccountView {
  return {
    id,
    email,
    name,
    roles,
    disabled_at: disabledAt?.toISOString() ?? null,
    created_at: createdAt.toISOString(),
  };
}
