import { Inject, Injectable } from '@nestjs/common';
import { Database } from '@countersign/platform/database';
import { sql } from 'drizzle-orm';
import { KeyRing } from './key-ring.js';
import { PrivateKeys } from './private-keys.js';
import type { SigningKey } from './signing-key.js';
import { signingKeys } from './signing-keys.table.js';

/** One number for every replica: whoever holds this lock changes the ring. */
export const KEY_RING_LOCK = 0x6b657973;

type Row = typeof signingKeys.$inferSelect;

/** The key ring in the database. */
@Injectable()
export class SigningKeysRepository {
  constructor(
    @Inject(Database) private readonly database: Pick<Database, 'orm'>,
    private readonly privateKeys: PrivateKeys,
  ) {}

  /** @throws ConfigurationError when a row does not open: it was altered, or its key is not where it should be. */
  async load(): Promise<KeyRing<SigningKey>> {
    const rows = await this.database.orm.select().from(signingKeys);
    return KeyRing.of(await Promise.all(rows.map((row) => this.toSigningKey(row))));
  }

  /**
   * Adds each key whose algorithm has none that signs. The lock is held for the comparison and the insert only: of
   * two replicas that start at once, one brings its keys in, and the other drops its own.
   *
   * @returns those that were not added.
   */
  async addWhereMissing(keys: readonly SigningKey[]): Promise<readonly SigningKey[]> {
    return this.database.orm.transaction(async (transaction) => {
      await transaction.execute(sql`SELECT pg_advisory_xact_lock(${KEY_RING_LOCK})`);
      const present = KeyRing.of(await transaction.select().from(signingKeys));
      const missing = keys.filter((key) => present.signingKey(key.alg) === undefined);
      if (missing.length > 0)
        await transaction.insert(signingKeys).values(missing.map((key) => this.toRow(key)));
      return keys.filter((key) => !missing.includes(key));
    });
  }

  private toRow(key: SigningKey): typeof signingKeys.$inferInsert {
    const { kid, alg, state, createdAt, publicJwk, encryptedPrivateKey, privateKeyUri } = key;
    const row = { kid, alg, state, createdAt, publicJwk, encryptedPrivateKey, privateKeyUri };
    return { ...row, signingSince: createdAt };
  }

  private async toSigningKey(row: Row): Promise<SigningKey> {
    const { kid, alg, state, createdAt, publicJwk, encryptedPrivateKey, privateKeyUri } = row;
    const stored = { kid, alg, publicJwk, encryptedPrivateKey, privateKeyUri };
    return { ...stored, state, createdAt, privateKey: await this.privateKeys.open(stored) };
  }
}
