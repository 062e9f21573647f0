import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { Database } from '@countersign/platform/database';
import { eq, isNotNull } from 'drizzle-orm';
import { lockKeyRing } from './key-ring-lock.js';
import { PrivateKeys } from './private-keys.js';
import { signingKeys } from './signing-keys.table.js';

/**
 * Seals every private key in the database under the current key-encryption key, at start: after it the previous one
 * can be taken out of the settings.
 */
@Injectable()
export class RewrappingService implements OnModuleInit {
  private readonly logger = new Logger(RewrappingService.name);

  constructor(
    @Inject(Database) private readonly database: Pick<Database, 'orm'>,
    private readonly privateKeys: PrivateKeys,
  ) {}

  async onModuleInit(): Promise<void> {
    const count = await this.rewrap();
    if (count > 0) this.logger.log(`${count} signing keys are now sealed under KEY_ENCRYPTION_KEY`);
  }

  /**
   * One transaction under the lock of the ring: all rows or none, and no rotation in between.
   *
   * @returns how many rows were sealed anew.
   * @throws ConfigurationError when a row opens under none of the keys.
   */
  async rewrap(): Promise<number> {
    return this.database.orm.transaction(async (transaction) => {
      await lockKeyRing(transaction);
      const rows = await transaction
        .select()
        .from(signingKeys)
        .where(isNotNull(signingKeys.encryptedPrivateKey));
      let count = 0;
      for (const row of rows) {
        const encryptedPrivateKey = await this.privateKeys.reseal(row);
        if (encryptedPrivateKey === undefined) continue;
        await transaction
          .update(signingKeys)
          .set({ encryptedPrivateKey })
          .where(eq(signingKeys.kid, row.kid));
        count++;
      }
      return count;
    });
  }
}
