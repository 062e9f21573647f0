import { Injectable } from '@nestjs/common';
import { Database, lookup, type Orm } from '@countersign/platform/database';
import { and, asc, eq, gt, isNull, sql } from 'drizzle-orm';
import {
  isClientId,
  parseClientRegistration,
  type ClientRegistration,
  type ClientRegistrationInput,
} from './client-registration.js';
import { hashClientSecret } from './client-secret.js';
import { clients } from './clients.table.js';

/** `client_secret` holds the hashes of the secrets that are good now, with a space between. */
export type StoredClient = ClientRegistration & { readonly client_secret?: string };

export type ClientRow = typeof clients.$inferSelect;

type Changes = Partial<Omit<ClientRow, 'clientId' | 'createdAt'>>;

const enabledClients = lookup(
  (orm) => {
    const select = orm
      .select()
      .from(clients)
      .where(
        and(
          sql`${clients.clientId} = ANY(${sql.placeholder('clientIds')}::text[])`,
          isNull(clients.disabledAt),
        ),
      )
      .prepare('enabled_clients_by_id');
    return (clientIds) => select.execute({ clientIds });
  },
  ({ clientId }) => clientId,
);

@Injectable()
export class ClientsRepository {
  constructor(private readonly database: Database) {}

  /** The client, unless it is disabled. */
  async find(clientId: string): Promise<StoredClient | undefined> {
    if (!isClientId(clientId)) return undefined;
    const row = await enabledClients(this.database.orm).ask(clientId);
    if (row === undefined) return undefined;
    const hashes = goodSecretHashes(row);
    return hashes.length === 0 ? row.metadata : { ...row.metadata, client_secret: hashes.join(' ') };
  }

  /** The client, disabled or not. */
  async findRow(clientId: string): Promise<ClientRow | undefined> {
    if (!isClientId(clientId)) return undefined;
    const [row] = await this.database.orm.select().from(clients).where(eq(clients.clientId, clientId));
    return row;
  }

  /** Clients in the order of their ids, from the one after `after`. */
  async page(after: string, limit: number): Promise<readonly ClientRow[]> {
    return this.database.orm
      .select()
      .from(clients)
      .where(gt(clients.clientId, after))
      .orderBy(asc(clients.clientId))
      .limit(limit);
  }

  /**
   * Registers a client, or brings its registration up to date.
   *
   * @throws TypeError when the registration breaks a rule.
   */
  async save(input: ClientRegistrationInput, secret: string | null): Promise<void> {
    const metadata = parseClientRegistration(input);
    const values = { metadata, secretHash: secret === null ? null : hashClientSecret(secret) };
    await this.database.orm
      .insert(clients)
      .values({ clientId: metadata.client_id, ...values })
      .onConflictDoUpdate({ target: clients.clientId, set: values });
  }

  /** @returns the new client; undefined when its id is taken */
  async insert(row: typeof clients.$inferInsert): Promise<ClientRow | undefined> {
    const [inserted] = await this.database.orm.insert(clients).values(row).onConflictDoNothing().returning();
    return inserted;
  }

  /**
   * Changes a client while nobody else can: changes of one client come one after the other.
   *
   * @param change gets the client and the transaction, and says what changes
   * @returns the changed client; undefined when there is no such client
   */
  async change(
    clientId: string,
    change: (row: ClientRow, orm: Orm) => Promise<Changes>,
  ): Promise<ClientRow | undefined> {
    return this.database.orm.transaction(async (transaction) => {
      const row = await lock(clientId, transaction);
      if (row === undefined) return undefined;
      const changes = await change(row, transaction);
      if (Object.keys(changes).length === 0) return row;
      const isRow = eq(clients.clientId, clientId);
      const [changed] = await transaction.update(clients).set(changes).where(isRow).returning();
      return changed;
    });
  }

  /**
   * Deletes a client.
   *
   * @param before gets the client and the transaction, before the client goes
   * @returns whether there was such a client
   */
  async remove(
    clientId: string,
    before: (row: ClientRow, orm: Orm) => Promise<void> = () => Promise.resolve(),
  ): Promise<boolean> {
    return this.database.orm.transaction(async (transaction) => {
      const row = await lock(clientId, transaction);
      if (row === undefined) return false;
      await before(row, transaction);
      await transaction.delete(clients).where(eq(clients.clientId, clientId));
      return true;
    });
  }
}

async function lock(clientId: string, orm: Orm): Promise<ClientRow | undefined> {
  if (!isClientId(clientId)) return undefined;
  const [row] = await orm.select().from(clients).where(eq(clients.clientId, clientId)).for('update');
  return row;
}

function goodSecretHashes(row: ClientRow): readonly string[] {
  const { secretHash, previousSecretHash, previousSecretExpiresAt } = row;
  const isPreviousGood = previousSecretExpiresAt !== null && previousSecretExpiresAt.getTime() > Date.now();
  return [secretHash, isPreviousGood ? previousSecretHash : null].filter((hash) => hash !== null);
}
