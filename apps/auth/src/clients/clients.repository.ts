import { Injectable } from '@nestjs/common';
import { Database, statement } from '@countersign/platform/database';
import { eq, sql } from 'drizzle-orm';
import { registrationFaults, type ClientRegistration } from './client-registration.js';
import { hashClientSecret } from './client-secret.js';
import { clients } from './clients.table.js';

const findClient = statement((orm) =>
  orm
    .select({ metadata: clients.metadata, secretHash: clients.secretHash })
    .from(clients)
    .where(eq(clients.clientId, sql.placeholder('clientId')))
    .prepare('client_by_id'),
);

@Injectable()
export class ClientsRepository {
  constructor(private readonly database: Database) {}

  /** The client's metadata; `client_secret` holds the hash of the secret. */
  async find(clientId: string): Promise<ClientRegistration | undefined> {
    const [row] = await findClient(this.database.orm).execute({ clientId });
    if (row === undefined) return undefined;
    return row.secretHash === null ? row.metadata : { ...row.metadata, client_secret: row.secretHash };
  }

  /**
   * Registers a client, or brings its registration up to date.
   *
   * @throws TypeError when the registration breaks a rule.
   */
  async save(registration: ClientRegistration, secret: string | null): Promise<void> {
    const faults = registrationFaults(registration);
    if (faults.length > 0) throw new TypeError(faults.join('; '));
    const values = { metadata: registration, secretHash: secret === null ? null : hashClientSecret(secret) };
    await this.database.orm
      .insert(clients)
      .values({ clientId: registration.client_id, ...values })
      .onConflictDoUpdate({ target: clients.clientId, set: values });
  }

  async remove(clientId: string): Promise<void> {
    await this.database.orm.delete(clients).where(eq(clients.clientId, clientId));
  }

  async list(): Promise<readonly ClientRegistration[]> {
    const rows = await this.database.orm.select().from(clients).orderBy(clients.clientId);
    return rows.map(({ metadata }) => metadata);
  }
}
