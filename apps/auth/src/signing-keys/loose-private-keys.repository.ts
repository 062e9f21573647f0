import { Inject, Injectable } from '@nestjs/common';
import { Database, type Orm } from '@countersign/platform/database';
import { and, eq, gt, lte, sql } from 'drizzle-orm';
import type { StoredPrivateKey } from './private-key-store.js';
import { loosePrivateKeys } from './loose-private-keys.table.js';
import { lockKeyRing } from './key-ring-lock.js';
import { SigningUnavailableError } from './signing-unavailable-error.js';

/** An HSM makes a key in seconds. It may still do so for a process that was killed, or has given up the wait. */
const MAKING = sql`interval '10 minutes'`;
/** A round is over soon, whatever an outage has left behind. */
const MAX_TO_DESTROY = 100;

/** Keeps hold of keys in an HSM while no row of the ring names them, so that a kill at any step leaves none behind. */
@Injectable()
export class LoosePrivateKeysRepository {
  constructor(@Inject(Database) private readonly database: Pick<Database, 'orm'>) {}

  /** To be called before the HSM is asked for the key. */
  async expect(privateKeyUri: string): Promise<void> {
    const destroyFrom = sql`clock_timestamp() + ${MAKING}`;
    await this.database.orm.insert(loosePrivateKeys).values({ privateKeyUri, destroyFrom });
  }

  /**
   * A row of the ring names the key from now on: in its transaction, under the lock of the ring.
   *
   * @throws SigningUnavailableError when the making has taken so long that someone may have destroyed it.
   */
  async bind({ privateKeyUri }: StoredPrivateKey, orm: Orm): Promise<void> {
    if (privateKeyUri === null) return;
    const bound = await orm
      .delete(loosePrivateKeys)
      .where(
        and(
          eq(loosePrivateKeys.privateKeyUri, privateKeyUri),
          gt(loosePrivateKeys.destroyFrom, sql`clock_timestamp()`),
        ),
      )
      .returning();
    if (bound.length === 0) throw new SigningUnavailableError('the HSM took too long to make a key');
  }

  /** The row of the ring that named the key is deleted: in its transaction. */
  async loosen({ privateKeyUri }: StoredPrivateKey, orm: Orm): Promise<void> {
    if (privateKeyUri === null) return;
    await orm.insert(loosePrivateKeys).values({ privateKeyUri, destroyFrom: sql`clock_timestamp()` });
  }

  /** Some of those that nobody will bind: under the lock of the ring, so that no change that binds one is under way. */
  async toDestroy(): Promise<readonly StoredPrivateKey[]> {
    const due = lte(loosePrivateKeys.destroyFrom, sql`clock_timestamp()`);
    if ((await this.database.orm.$count(loosePrivateKeys, due)) === 0) return [];
    return this.database.orm.transaction(async (transaction) => {
      await lockKeyRing(transaction);
      const rows = await transaction
        .select()
        .from(loosePrivateKeys)
        .where(due)
        // Those that cannot be destroyed do not stand before the others for ever.
        .orderBy(sql`random()`)
        .limit(MAX_TO_DESTROY);
      return rows.map(({ privateKeyUri }) => ({ privateKeyUri, encryptedPrivateKey: null }));
    });
  }

  /** It is not in the HSM any more. */
  async forget(privateKeyUri: string): Promise<void> {
    await this.database.orm.delete(loosePrivateKeys).where(eq(loosePrivateKeys.privateKeyUri, privateKeyUri));
  }
}
