import { randomBytes } from 'node:crypto';
import { ConfigurationError } from '@countersign/platform';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { eq } from 'drizzle-orm';
import { calculateJwkThumbprint } from 'jose';
import { openMemoryDatabase } from '../../test-support/memory-database.js';
import { KeyEncryptionKey } from './key-encryption-key.js';
import { SIGNING_ALGORITHMS } from './key-ring.js';
import { SigningKeysRepository } from './signing-keys.repository.js';
import { SigningKeysService } from './signing-keys.service.js';
import { signingKeys } from './signing-keys.table.js';

const keyEncryptionKey = KeyEncryptionKey.fromBase64url(randomBytes(32).toString('base64url'));
let database: Awaited<ReturnType<typeof openMemoryDatabase>>;

/** What a replica does at its start. */
const start = (key = keyEncryptionKey) =>
  new SigningKeysService(new SigningKeysRepository(database, key)).loadOrCreate();

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

  it('stores no private member in the clear', async () => {
    const ring = await start();
    const rows = JSON.stringify(await database.orm.select().from(signingKeys));
    expect(rows).not.toContain(ring.signingKey('ES256')?.privateJwk.d);
    expect(rows).not.toMatch(/"(?:d|p|q|dp|dq|qi)":/);
  });

  it('of two replicas at the same time makes one set of keys', async () => {
    const [one, other] = await Promise.all([start(), start()]);
    expect(one.published().map(({ kid }) => kid)).toEqual(other.published().map(({ kid }) => kid));
    expect(await database.orm.select().from(signingKeys)).toHaveLength(SIGNING_ALGORITHMS.length);
  });
});

describe('a later start', () => {
  it('finds the keys as they were', async () => {
    const before = await start();
    const after = await start();
    expect(after.published()).toEqual(before.published());
  });

  it('is refused with another key-encryption key', async () => {
    await start();
    const other = KeyEncryptionKey.fromBase64url(randomBytes(32).toString('base64url'));
    await expect(start(other)).rejects.toThrow(ConfigurationError);
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
      'another kid',
      () => database.orm.update(signingKeys).set({ kid: 'x' }).where(eq(signingKeys.alg, 'ES256')),
    ],
  ])('is refused when a row holds %s', async (deviation, alter) => {
    await start();
    if (deviation === 'another alg')
      await database.orm.delete(signingKeys).where(eq(signingKeys.alg, 'ES256'));
    await alter();
    await expect(start()).rejects.toThrow(ConfigurationError);
  });
});
