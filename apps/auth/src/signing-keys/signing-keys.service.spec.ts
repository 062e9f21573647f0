import { ConfigurationError } from '@countersign/platform';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { eq } from 'drizzle-orm';
import { calculateJwkThumbprint, type JWK } from 'jose';
import {
  REPLICA_POLICY,
  keyReplica,
  newKeyEncryptionKey,
  privateKeysUnder,
} from '../../test-support/key-replica.js';
import { openMemoryDatabase } from '../../test-support/memory-database.js';
import { LocalKeyEncryptionKey } from './local-key-encryption-key.js';
import { RewrappingService } from './rewrapping.service.js';
import { signingKeys } from './signing-keys.table.js';

const keyEncryptionKey = newKeyEncryptionKey();
let database: Awaited<ReturnType<typeof openMemoryDatabase>>;

/** What a replica does at its start. */
async function start(key = keyEncryptionKey, ...previous: LocalKeyEncryptionKey[]) {
  const privateKeys = privateKeysUnder(key, ...previous);
  const ring = await keyReplica(database, privateKeys).loadOrCreate();
  await new RewrappingService(database, privateKeys).onModuleInit();
  return ring;
}

const rowOf = async (alg: 'RS256' | 'ES256') => {
  const [row] = await database.orm.select().from(signingKeys).where(eq(signingKeys.alg, alg));
  if (row === undefined) throw new Error(`no key for ${alg}`);
  return row;
};

beforeAll(async () => {
  Logger.overrideLogger(false);
  database = await openMemoryDatabase();
});
beforeEach(() => database.orm.delete(signingKeys));
afterAll(() => database.close());

describe('the first start', () => {
  it('makes an RSA key of 3072 bits and a P-256 key that sign, with their thumbprints as kid (RFC 7638)', async () => {
    const ring = await start();
    const [rsa, ec] = [ring.signingKey('RS256'), ring.signingKey('ES256')];
    expect(Buffer.from(rsa?.publicJwk.n ?? '', 'base64url').byteLength * 8).toBe(3072);
    expect(ec?.publicJwk.crv).toBe('P-256');
    for (const key of [rsa, ec]) expect(key?.kid).toBe(await calculateJwkThumbprint(key?.publicJwk ?? {}));
  });

  it('stores no private member in the clear (JWK-10)', async () => {
    const ring = await start();
    const dump = JSON.stringify(await database.orm.select().from(signingKeys));
    const secrets = ring.published().flatMap(({ privateKey }) => {
      const { d, p, q, dp, dq, qi } = privateKey as JWK;
      return [d, p, q, dp, dq, qi].filter((member) => member !== undefined);
    });
    expect(secrets).toHaveLength(7);
    expect(secrets.filter((secret) => dump.includes(secret))).toEqual([]);
    expect(dump).not.toMatch(/"(?:d|p|q|dp|dq|qi|k)":|PRIVATE KEY|\bMI[IG][A-Za-z0-9+/]{20}/);
  });

  it('of two replicas at the same time makes one set of keys', async () => {
    const [one, other] = await Promise.all([start(), start()]);
    expect(one.published().map(({ kid }) => kid)).toEqual(other.published().map(({ kid }) => kid));
    expect(await database.orm.select().from(signingKeys)).toHaveLength(REPLICA_POLICY.algorithms.length);
  });
});

describe('a later start', () => {
  it('finds the keys as they were', async () => {
    const before = await start();
    const after = await start();
    expect(after.published()).toEqual(before.published());
  });

  it('is refused with another key-encryption key, and the message names both (JWK-10)', async () => {
    const keyEncryption = newKeyEncryptionKey();
    await start();
    await expect(start(keyEncryption)).rejects.toThrow(ConfigurationError);
    await expect(start(keyEncryption)).rejects.toThrow(
      `was sealed under the key-encryption key ${keyEncryptionKey.id}, and KEY_ENCRYPTION_KEY is ${keyEncryption.id}`,
    );
  });

  it.each<[deviation: string, alter: () => Promise<unknown>]>([
    [
      'the private key of another row',
      async () => {
        const { encryptedPrivateKey } = await rowOf('RS256');
        return database.orm
          .update(signingKeys)
          .set({ encryptedPrivateKey })
          .where(eq(signingKeys.alg, 'ES256'));
      },
    ],
    [
      'another alg',
      () => database.orm.update(signingKeys).set({ alg: 'ES256' }).where(eq(signingKeys.alg, 'RS256')),
    ],
    [
      'another public key',
      async () => {
        const { publicJwk } = await rowOf('RS256');
        return database.orm.update(signingKeys).set({ publicJwk }).where(eq(signingKeys.alg, 'ES256'));
      },
    ],
    [
      'a member more in its public key',
      async () => {
        const { publicJwk } = await rowOf('ES256');
        const altered = { ...publicJwk, x5u: 'https://attacker.example' };
        return database.orm
          .update(signingKeys)
          .set({ publicJwk: altered })
          .where(eq(signingKeys.alg, 'ES256'));
      },
    ],
    [
      'an altered private key',
      async () => {
        const { encryptedPrivateKey } = await rowOf('ES256');
        const altered = encryptedPrivateKey?.replace(/.{4}$/, 'AAAA') ?? '';
        return database.orm
          .update(signingKeys)
          .set({ encryptedPrivateKey: altered })
          .where(eq(signingKeys.alg, 'ES256'));
      },
    ],
    [
      'the place of its private key in a token that is not configured',
      () =>
        database.orm
          .update(signingKeys)
          .set({ encryptedPrivateKey: null, privateKeyUri: 'pkcs11:token=elsewhere;id=%01' })
          .where(eq(signingKeys.alg, 'ES256')),
    ],
    [
      'another kid',
      () => database.orm.update(signingKeys).set({ kid: 'x' }).where(eq(signingKeys.alg, 'ES256')),
    ],
  ])('is refused when a row holds %s (JWK-10)', async (deviation, alter) => {
    await start();
    if (deviation === 'another alg')
      await database.orm.delete(signingKeys).where(eq(signingKeys.alg, 'ES256'));
    await alter();
    await expect(start()).rejects.toThrow(ConfigurationError);
  });
});

describe('a start with a new key-encryption key', () => {
  const sealedUnder = async () =>
    (await database.orm.select().from(signingKeys)).map((row) => row.encryptedPrivateKey?.split('.')[1]);

  it('seals every row under it, after which the previous one is needed no more', async () => {
    const before = await start();
    const newer = newKeyEncryptionKey();
    const during = await start(newer, keyEncryptionKey);
    expect(await sealedUnder()).toEqual([newer.id, newer.id]);
    const after = await start(newer);
    for (const ring of [during, after]) {
      expect(ring.signingKey('ES256')?.privateKey).toEqual(before.signingKey('ES256')?.privateKey);
    }
  });

  it('leaves the rows alone that are under it already', async () => {
    await start();
    expect(
      await new RewrappingService(
        database,
        privateKeysUnder(keyEncryptionKey, newKeyEncryptionKey()),
      ).rewrap(),
    ).toBe(0);
  });

  it('changes no row when one of them opens under none of the keys', async () => {
    await start();
    const before = await rowOf('RS256');
    const altered = (await rowOf('ES256')).encryptedPrivateKey?.replace(/.{4}$/, 'AAAA') ?? '';
    await database.orm
      .update(signingKeys)
      .set({ encryptedPrivateKey: altered })
      .where(eq(signingKeys.alg, 'ES256'));
    const rewrapping = new RewrappingService(
      database,
      privateKeysUnder(newKeyEncryptionKey(), keyEncryptionKey),
    );
    await expect(rewrapping.rewrap()).rejects.toThrow(ConfigurationError);
    expect(await rowOf('RS256')).toEqual(before);
  });

  it('by two replicas at once seals each row once', async () => {
    await start();
    const newer = newKeyEncryptionKey();
    const counts = await Promise.all(
      [1, 2].map(() => new RewrappingService(database, privateKeysUnder(newer, keyEncryptionKey)).rewrap()),
    );
    expect(new Set(counts)).toEqual(new Set([0, 2]));
  });
});
