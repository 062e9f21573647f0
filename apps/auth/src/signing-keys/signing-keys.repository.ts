import { Inject, Injectable } from '@nestjs/common';
import { ConfigurationError } from '@countersign/platform';
import { Database } from '@countersign/platform/database';
import { sql } from 'drizzle-orm';
import { calculateJwkThumbprint, type JWK } from 'jose';
import { KeyEncryptionKey } from './key-encryption-key.js';
import { KeyRing } from './key-ring.js';
import type { SigningKey } from './signing-key.js';
import { signingKeys } from './signing-keys.table.js';

/** One number for every replica: whoever holds this lock changes the ring. */
const KEY_RING_LOCK = 0x6b657973;

type Row = typeof signingKeys.$inferSelect;

/** The key ring in the database, its private keys sealed under the key-encryption key. */
@Injectable()
export class SigningKeysRepository {
  constructor(
    @Inject(Database) private readonly database: Pick<Database, 'orm'>,
    private readonly keyEncryptionKey: KeyEncryptionKey,
  ) {}

  /** @throws ConfigurationError when a row does not open: an altered row, or another key-encryption key. */
  async load(): Promise<KeyRing<SigningKey>> {
    const rows = await this.database.orm.select().from(signingKeys);
    return KeyRing.of(await Promise.all(rows.map((row) => this.toSigningKey(row))));
  }

  /**
   * Adds each key whose algorithm has none that signs. The lock is held for the comparison and the insert only: of
   * two replicas that start at once, one brings its keys in, and the other drops its own.
   */
  async addWhereMissing(keys: readonly SigningKey[]): Promise<void> {
    await this.database.orm.transaction(async (transaction) => {
      await transaction.execute(sql`SELECT pg_advisory_xact_lock(${KEY_RING_LOCK})`);
      const present = KeyRing.of(await transaction.select().from(signingKeys));
      const missing = keys.filter((key) => present.signingKey(key.alg) === undefined);
      if (missing.length > 0)
        await transaction.insert(signingKeys).values(missing.map((key) => this.toRow(key)));
    });
  }

  private toRow(key: SigningKey): typeof signingKeys.$inferInsert {
    return {
      kid: key.kid,
      alg: key.alg,
      state: key.state,
      publicJwk: key.publicJwk,
      encryptedPrivateKey: this.keyEncryptionKey.seal(JSON.stringify(key.privateJwk), [key.kid, key.alg]),
      createdAt: key.createdAt,
      signingSince: key.createdAt,
    };
  }

  private async toSigningKey(row: Row): Promise<SigningKey> {
    const { kid, alg, state, createdAt, publicJwk } = row;
    const privateJwk = this.openPrivateKey(row);
    // The public half stands outside the envelope: without this comparison a row could publish a key that is not ours.
    const [published, actual] = await Promise.all(
      [publicJwk, privateJwk].map((jwk) => calculateJwkThumbprint(jwk)),
    );
    if (published !== kid || actual !== kid) {
      throw new ConfigurationError([`signing key ${kid}: its row was altered`]);
    }
    return { kid, alg, state, createdAt, publicJwk, privateJwk };
  }

  private openPrivateKey({ kid, alg, encryptedPrivateKey }: Row): JWK {
    try {
      return JSON.parse(this.keyEncryptionKey.open(encryptedPrivateKey, [kid, alg])) as JWK;
    } catch {
      throw new ConfigurationError([
        `signing key ${kid} does not open: KEY_ENCRYPTION_KEY is not the one that it was stored under, or its row was altered`,
      ]);
    }
  }
}
