import { Inject, Injectable } from '@nestjs/common';
import { Database, notify, type Orm } from '@countersign/platform/database';
import { eq, ne, sql } from 'drizzle-orm';
import { SecurityEventLog } from '../security-events/security-event-log.js';
import { JwksMaxAgesRepository } from './jwks-max-ages.repository.js';
import type { Decision, KeyChange } from './key-commands.js';
import { idTokenHintKeys, keepForIdTokenHints, type IdTokenHintKey } from './id-token-hint-keys.js';
import { KeyRing, type RingKey } from './key-ring.js';
import type { NewKey, StoredPrivateKey } from './private-key-store.js';
import { lockKeyRing } from './key-ring-lock.js';
import { LoosePrivateKeysRepository } from './loose-private-keys.repository.js';
import { PrivateKeys } from './private-keys.js';
import type { SigningKey } from './signing-key.js';
import { signingKeys } from './signing-keys.table.js';

/** Replicas hear here that the ring has changed. */
export const KEY_RING_CHANNEL = 'countersign_key_ring';

type Row = typeof signingKeys.$inferSelect;

/** What a key may do, without what signs. */
const RING_COLUMNS = {
  kid: signingKeys.kid,
  alg: signingKeys.alg,
  state: signingKeys.state,
  createdAt: signingKeys.createdAt,
  announcedAt: signingKeys.announcedAt,
  signingSince: signingKeys.signingSince,
  retiredAt: signingKeys.retiredAt,
  revokedAt: signingKeys.revokedAt,
};

/** Where a row says since when the key is in a state. */
const TIME_OF = {
  announced: 'announcedAt',
  signing: 'signingSince',
  retired: 'retiredAt',
  revoked: 'revokedAt',
} as const satisfies Readonly<Record<RingKey['state'], keyof Row>>;

export interface LoadedRing {
  readonly ring: KeyRing<SigningKey>;
  /**
   * Why a row did not open: it was altered, or what opens it is not here. Its key is not in the ring, and not published
   * either: nothing but the private half proves that the public one is ours.
   */
  readonly faults: readonly unknown[];
  readonly idTokenHintKeys: readonly IdTokenHintKey[];
}

/** What a change is decided on. */
export interface RingUnderLock {
  readonly ring: KeyRing<RingKey>;
  readonly now: Date;
  /** The longest max-age of a JWKS in a cache. */
  readonly cachedMaxAgeSeconds: number;
}

/** The key ring in the database. Its times are those of the database's clock: replicas need not agree on theirs. */
@Injectable()
export class SigningKeysRepository {
  constructor(
    @Inject(Database) private readonly database: Pick<Database, 'orm'>,
    private readonly privateKeys: PrivateKeys,
    private readonly securityEvents: SecurityEventLog,
    private readonly maxAges: JwksMaxAgesRepository,
    private readonly looseKeys: LoosePrivateKeysRepository,
  ) {}

  /** The ring with what signs; a revoked key, which never will, is not opened. */
  async load(): Promise<LoadedRing> {
    const rows = await this.database.orm.select().from(signingKeys).where(ne(signingKeys.state, 'revoked'));
    const opened = await Promise.allSettled(rows.map((row) => this.toSigningKey(row)));
    return {
      ring: KeyRing.of(opened.flatMap((key) => (key.status === 'fulfilled' ? [key.value] : []))),
      faults: opened.flatMap((key) => (key.status === 'rejected' ? [key.reason as unknown] : [])),
      idTokenHintKeys: await idTokenHintKeys(this.database.orm),
    };
  }

  /** Every key, revoked ones too, without what signs. */
  async look(): Promise<KeyRing<RingKey>> {
    return KeyRing.of(await this.database.orm.select(RING_COLUMNS).from(signingKeys));
  }

  /**
   * Brings in the first keys, which sign at once: there is no verifier yet that could have a JWKS without them. Of two
   * replicas that start at once, one brings its keys in.
   *
   * @returns whether these keys were brought in.
   */
  async begin(keys: readonly NewKey[]): Promise<boolean> {
    return this.underLock(async (transaction, now) => {
      if ((await transaction.$count(signingKeys)) > 0) return false;
      for (const key of keys) await this.looseKeys.bind(key, transaction);
      await transaction.insert(signingKeys).values(keys.map((key) => toRow(key, 'signing', now)));
      return true;
    });
  }

  /**
   * Changes the ring, under a lock and in one transaction: whoever is killed has made the whole change or none, and
   * who comes second decides on what the first has made of the ring.
   *
   * @param decideOn says what to change, knowing the longest max-age of a JWKS in a cache; undefined: nothing
   * @returns what it decided, and the keys whose rows are gone
   */
  async change(
    decideOn: (seen: RingUnderLock) => Decision | undefined,
    newKey: NewKey | undefined,
  ): Promise<{ readonly decision: Decision | undefined; readonly deleted: readonly StoredPrivateKey[] }> {
    return this.underLock(async (transaction, now) => {
      const ring = KeyRing.of(await transaction.select(RING_COLUMNS).from(signingKeys));
      const decision = decideOn({ ring, now, cachedMaxAgeSeconds: await this.maxAges.longest(transaction) });
      const deleted: StoredPrivateKey[] = [];
      if (decision === undefined || 'needsKeyFor' in decision) return { decision, deleted };
      for (const change of decision.changes) {
        deleted.push(...(await this.make(change, newKey, transaction, now)));
      }
      await notify(KEY_RING_CHANNEL, transaction);
      return { decision, deleted };
    });
  }

  /** @returns the key whose row is gone */
  private async make(
    { kid, to }: KeyChange,
    newKey: NewKey | undefined,
    orm: Orm,
    now: Date,
  ): Promise<readonly StoredPrivateKey[]> {
    const isKey = eq(signingKeys.kid, kid);
    if (to === 'deleted') {
      const deleted = await orm.delete(signingKeys).where(isKey).returning();
      for (const key of deleted) {
        await this.looseKeys.loosen(key, orm);
        await keepForIdTokenHints(key, now, orm);
      }
      return deleted;
    }
    if (kid === newKey?.kid) {
      await this.looseKeys.bind(newKey, orm);
      await orm.insert(signingKeys).values(toRow(newKey, to, now));
    } else {
      await orm
        .update(signingKeys)
        .set({ state: to, [TIME_OF[to]]: now })
        .where(isKey);
    }
    if (to === 'revoked') await this.securityEvents.append({ type: 'signing-key-revoked', kid }, orm);
    return [];
  }

  private underLock<Result>(work: (orm: Orm, now: Date) => Promise<Result>): Promise<Result> {
    return this.database.orm.transaction(async (transaction) => {
      await lockKeyRing(transaction);
      // Not now(): that is when the transaction began, and it may have waited for the lock.
      const [clock] = await transaction
        .select({ now: sql<Date>`clock_timestamp()`.mapWith(signingKeys.createdAt) })
        .from(sql`(SELECT) AS clock`);
      if (clock === undefined) throw new TypeError('the database has no clock');
      return work(transaction, clock.now);
    });
  }

  private async toSigningKey({
    encryptedPrivateKey,
    privateKeyUri,
    publicJwk,
    ...key
  }: Row): Promise<SigningKey> {
    const stored = { kid: key.kid, alg: key.alg, publicJwk, encryptedPrivateKey, privateKeyUri };
    return { ...key, ...stored, privateKey: await this.privateKeys.open(stored) };
  }
}

function toRow(key: NewKey, state: RingKey['state'], now: Date): typeof signingKeys.$inferInsert {
  const { kid, alg, publicJwk, encryptedPrivateKey, privateKeyUri } = key;
  const row = { kid, alg, publicJwk, encryptedPrivateKey, privateKeyUri, state };
  return { ...row, createdAt: now, announcedAt: now, [TIME_OF[state]]: now };
}
