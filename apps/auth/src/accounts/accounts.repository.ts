import { Injectable } from '@nestjs/common';
import { Database } from '@countersign/platform/database';
import { and, eq, isNull } from 'drizzle-orm';
import type { Account } from './account.js';
import { accounts } from './accounts.table.js';

export interface Credentials {
  readonly account: Account;
  readonly passwordHash: string;
}

@Injectable()
export class AccountsRepository {
  constructor(private readonly database: Database) {}

  /** The account, unless it is disabled: its tokens end with it. */
  async findEnabled(id: string): Promise<Account | undefined> {
    const [row] = await this.database.orm
      .select()
      .from(accounts)
      .where(and(eq(accounts.id, id), isNull(accounts.disabledAt)));
    return row && toAccount(row);
  }

  async findCredentials(email: string): Promise<Credentials | undefined> {
    const [row] = await this.database.orm
      .select()
      .from(accounts)
      .where(and(eq(accounts.email, email), isNull(accounts.disabledAt)));
    return row && { account: toAccount(row), passwordHash: row.passwordHash };
  }

  async exists(id: string): Promise<boolean> {
    const [row] = await this.database.orm
      .select({ id: accounts.id })
      .from(accounts)
      .where(eq(accounts.id, id));
    return row !== undefined;
  }

  /** Adds an account; one that has its id or address already stays as it is. */
  async add({ account, passwordHash }: Credentials): Promise<void> {
    await this.database.orm
      .insert(accounts)
      .values({ ...account, passwordHash })
      .onConflictDoNothing();
  }
}

function toAccount({ id, email, name, roles }: typeof accounts.$inferSelect): Account {
  return { id, email, name, roles };
}
