import { Inject, Injectable } from '@nestjs/common';
import { Database, lookup } from '@countersign/platform/database';
import { and, eq, isNotNull, isNull, sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Transaction } from '../sessions/open-access.repository.js';
import type { Account, VerifiedAccount } from './account.js';
import { accounts } from './accounts.table.js';

const accountId = z.guid();

export interface Credentials {
  readonly account: Account;
  /** Undefined for an account that waits for its first password. */
  readonly passwordHash: string | undefined;
}

export interface StoredCredentials extends Credentials {
  readonly account: VerifiedAccount;
}

export interface NewPassword {
  readonly passwordHash: string;
  /** The version that it takes the place of, and no other; any, when not given. */
  readonly replaces?: number;
}

const enabledAccounts = lookup(
  (orm) => {
    const select = orm
      .select()
      .from(accounts)
      .where(and(sql`${accounts.id} = ANY(${sql.placeholder('ids')}::uuid[])`, isNull(accounts.disabledAt)))
      .prepare('enabled_accounts_by_id');
    return (ids) => select.execute({ ids });
  },
  ({ id }) => id,
);

const enabledAccountsByEmail = lookup(
  (orm) => {
    const select = orm
      .select()
      .from(accounts)
      .where(
        and(sql`${accounts.email} = ANY(${sql.placeholder('emails')}::text[])`, isNull(accounts.disabledAt)),
      )
      .prepare('enabled_accounts_by_email');
    return (emails) => select.execute({ emails });
  },
  ({ email }) => email,
);

const NEXT_VERSION = sql`${accounts.credentialsVersion} + 1`;

@Injectable()
export class AccountsRepository {
  constructor(@Inject(Database) private readonly database: Pick<Database, 'orm'>) {}

  /**
   * The account, unless it is disabled: its tokens end with it. The subject of a token need not be an account, and the
   * database, asked for an id that is none, would fail everyone who is looked for at the same time.
   */
  async findEnabled(id: string): Promise<Account | undefined> {
    if (!accountId.safeParse(id).success) return undefined;
    const row = await enabledAccounts(this.database.orm).ask(id);
    return row && toAccount(row);
  }

  async findCredentials(email: string): Promise<StoredCredentials | undefined> {
    const row = await enabledAccountsByEmail(this.database.orm).ask(email);
    if (row === undefined) return undefined;
    const { passwordHash, credentialsVersion } = row;
    return { account: { ...toAccount(row), credentialsVersion }, passwordHash: passwordHash ?? undefined };
  }

  /** Sets a password, unless the account is disabled or has got another one. @returns its version, if it did */
  async setPassword(
    id: string,
    { passwordHash, replaces }: NewPassword,
    tx: Transaction,
  ): Promise<number | undefined> {
    const isReplaced = replaces === undefined ? undefined : eq(accounts.credentialsVersion, replaces);
    const [changed] = await tx
      .update(accounts)
      .set({ passwordHash, credentialsVersion: NEXT_VERSION })
      .where(and(eq(accounts.id, id), isNull(accounts.disabledAt), isReplaced))
      .returning({ version: accounts.credentialsVersion });
    return changed?.version;
  }

  /**
   * The account, be it disabled, which nobody else changes until the transaction ends. Whoever changes more than its row
   * does this first: those who take the same locks in another order wait for each other.
   */
  async lock(id: string, tx: Transaction): Promise<Account | undefined> {
    const [row] = await tx.select().from(accounts).where(eq(accounts.id, id)).for('update');
    return row && toAccount(row);
  }

  async setEmailVerified(id: string, tx: Transaction): Promise<void> {
    await tx.update(accounts).set({ emailVerified: true }).where(eq(accounts.id, id));
  }

  /** @returns whether it was enabled until now */
  async disable(id: string, tx: Transaction): Promise<boolean> {
    const changed = await tx
      .update(accounts)
      .set({ disabledAt: sql`now()`, credentialsVersion: NEXT_VERSION })
      .where(and(eq(accounts.id, id), isNull(accounts.disabledAt)))
      .returning({ id: accounts.id });
    return changed.length > 0;
  }

  /** @returns whether it was disabled until now */
  async enable(id: string, tx: Transaction): Promise<boolean> {
    const changed = await tx
      .update(accounts)
      .set({ disabledAt: null })
      .where(and(eq(accounts.id, id), isNotNull(accounts.disabledAt)))
      .returning({ id: accounts.id });
    return changed.length > 0;
  }

  /** Whether an account has this address, be it disabled. */
  async isTaken(email: string): Promise<boolean> {
    const [row] = await this.database.orm
      .select({ id: accounts.id })
      .from(accounts)
      .where(eq(accounts.email, email));
    return row !== undefined;
  }

  async exists(id: string): Promise<boolean> {
    const [row] = await this.database.orm
      .select({ id: accounts.id })
      .from(accounts)
      .where(eq(accounts.id, id));
    return row !== undefined;
  }

  /** Adds an account; one that has its id or address already stays as it is. @returns whether it was added */
  async add(
    { account, passwordHash }: Credentials,
    tx: Pick<Transaction, 'insert'> = this.database.orm,
  ): Promise<boolean> {
    const added = await tx
      .insert(accounts)
      .values({ ...account, passwordHash })
      .onConflictDoNothing()
      .returning({ id: accounts.id });
    return added.length > 0;
  }
}

function toAccount({ id, email, emailVerified, name, roles }: typeof accounts.$inferSelect): Account {
  return { id, email, emailVerified, name, roles };
}
