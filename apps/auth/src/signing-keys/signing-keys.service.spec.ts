import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { ConfigurationError } from '@countersign/platform';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { eq } from 'drizzle-orm';
import { calculateJwkThumbprint, type JWK } from 'jose';
import { openMemoryDatabase } from '../../test-support/memory-database.js';
import { SecurityEventLog } from '../security-events/security-event-log.js';
import { securityEvents } from '../security-events/security-events.table.js';
import { JwksMaxAgesRepository } from './jwks-max-ages.repository.js';
import { jwksMaxAges } from './jwks-max-ages.table.js';
import { KeyEncryption } from './key-encryption.js';
import { LocalKeyEncryptionKey } from './local-key-encryption-key.js';
import { PrivateKeys } from './private-keys.js';
import type { RotationPolicy } from './rotation-policy.js';
import { RewrappingService } from './rewrapping.service.js';
import { dueCommand } from './rotation-schedule.js';
import { SealedKeys } from './sealed-keys.js';
import { SigningKeysRepository } from './signing-keys.repository.js';
import { SigningKeysService } from './signing-keys.service.js';
import { signingKeys } from './signing-keys.table.js';

const newKey = () => LocalKeyEncryptionKey.fromBase64url(randomBytes(32).toString('base64url'));
const keyEncryptionKey = newKey();
let database: Awaited<ReturnType<typeof openMemoryDatabase>>;

const privateKeysUnder = (key: LocalKeyEncryptionKey, ...previous: LocalKeyEncryptionKey[]) =>
  new PrivateKeys(new SealedKeys(new KeyEncryption(key, previous)), undefined, 'database');

const policy: RotationPolicy = {
  algorithms: ['RS256', 'ES256'],
  jwksMaxAgeSeconds: 300,
  rotateAfterSeconds: 10_000,
  announceAheadSeconds: 1_000,
  retainSeconds: 960,
};

function replica(key = keyEncryptionKey, ...previous: LocalKeyEncryptionKey[]): SigningKeysService {
  return replicaWith(privateKeysUnder(key, ...previous));
}

function replicaWith(privateKeys: PrivateKeys, settings = policy): SigningKeysService {
  const maxAges = new JwksMaxAgesRepository(database);
  const repository = new SigningKeysRepository(database, privateKeys, new SecurityEventLog(), maxAges);
  return new SigningKeysService(repository, privateKeys, maxAges, settings);
}

/** What a replica does at its start. */
async function start(key = keyEncryptionKey, ...previous: LocalKeyEncryptionKey[]) {
  const privateKeys = privateKeysUnder(key, ...previous);
  const ring = await replica(key, ...previous).loadOrCreate();
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
beforeEach(async () => {
  await database.orm.delete(signingKeys);
  await database.orm.delete(jwksMaxAges);
});
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
    expect(await database.orm.select().from(signingKeys)).toHaveLength(policy.algorithms.length);
  });
});

describe('a later start', () => {
  it('finds the keys as they were', async () => {
    const before = await start();
    const after = await start();
    expect(after.published()).toEqual(before.published());
  });

  it('is refused with another key-encryption key, and the message names both (JWK-10)', async () => {
    const keyEncryption = newKey();
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
    const newer = newKey();
    const during = await start(newer, keyEncryptionKey);
    expect(await sealedUnder()).toEqual([newer.id, newer.id]);
    const after = await start(newer);
    for (const ring of [during, after]) {
      expect(ring.signingKey('ES256')?.privateKey).toEqual(before.signingKey('ES256')?.privateKey);
    }
  });

  it('leaves the rows alone that are under it already', async () => {
    await start();
    expect(await new RewrappingService(database, privateKeysUnder(keyEncryptionKey, newKey())).rewrap()).toBe(
      0,
    );
  });

  it('changes no row when one of them opens under none of the keys', async () => {
    await start();
    const before = await rowOf('RS256');
    const altered = (await rowOf('ES256')).encryptedPrivateKey?.replace(/.{4}$/, 'AAAA') ?? '';
    await database.orm
      .update(signingKeys)
      .set({ encryptedPrivateKey: altered })
      .where(eq(signingKeys.alg, 'ES256'));
    const rewrapping = new RewrappingService(database, privateKeysUnder(newKey(), keyEncryptionKey));
    await expect(rewrapping.rewrap()).rejects.toThrow(ConfigurationError);
    expect(await rowOf('RS256')).toEqual(before);
  });

  it('by two replicas at once seals each row once', async () => {
    await start();
    const newer = newKey();
    const counts = await Promise.all(
      [1, 2].map(() => new RewrappingService(database, privateKeysUnder(newer, keyEncryptionKey)).rewrap()),
    );
    expect(new Set(counts)).toEqual(new Set([0, 2]));
  });
});

describe('a running replica', () => {
  const announceAndAge = async (service: SigningKeysService) => {
    const { changes } = await service.execute({ do: 'announce', alg: 'ES256' });
    await database.orm
      .update(signingKeys)
      .set({ announcedAt: new Date(Date.now() - 400_000) })
      .where(eq(signingKeys.state, 'announced'));
    return changes[0]?.kid;
  };

  it('takes over what another has changed, and says so once', async () => {
    const [one, other] = [replica(), replica()];
    await one.loadOrCreate();
    await other.loadOrCreate();
    const versions: string[] = [];
    other.onChange(({ version }) => versions.push(version));
    const kid = await announceAndAge(one);
    await one.execute({ do: 'rotate', alg: 'ES256' });
    await other.refresh();
    await other.refresh();
    expect(other.current.signingKey('ES256')?.kid).toBe(kid);
    expect(versions).toHaveLength(2);
    expect(other.publishedKeys()).toEqual(one.publishedKeys());
  });

  it('rotates once when two are told to at the same time (F08)', async () => {
    const [one, other] = [replica(), replica()];
    await Promise.all([one.loadOrCreate(), other.loadOrCreate()]);
    const kid = await announceAndAge(one);
    const outcomes = await Promise.allSettled(
      [one, other].map((service) => service.execute({ do: 'rotate', alg: 'ES256' })),
    );
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect((await one.list()).signingKey('ES256')?.kid).toBe(kid);
    expect((await one.list()).keys.filter(({ alg }) => alg === 'ES256')).toHaveLength(2);
  });

  it('announces one key when two are told to at the same time, and keeps nothing of the other', async () => {
    const [one, other] = [replica(), replica()];
    await Promise.all([one.loadOrCreate(), other.loadOrCreate()]);
    await Promise.allSettled(
      [one, other].map((service) => service.execute({ do: 'announce', alg: 'ES256' })),
    );
    expect((await one.list()).keys.filter(({ state }) => state === 'announced')).toHaveLength(1);
  });

  it('writes down that a key was revoked in the transaction that revokes it', async () => {
    const service = replica();
    const stolen = (await service.loadOrCreate()).signingKey('RS256')?.kid ?? '';
    const { cost } = await service.execute({ do: 'revoke', kid: stolen });
    const events = await database.orm.select({ event: securityEvents.event }).from(securityEvents);
    expect(events).toContainEqual({ event: { type: 'signing-key-revoked', kid: stolen } });
    expect(service.publishedKeys().map(({ kid }) => kid)).not.toContain(stolen);
    expect(cost).toEqual({ kid: service.current.signingKey('RS256')?.kid, seconds: 302 });
    expect(service.known.find(stolen)?.state).toBe('revoked');
  });

  it('starts after a revocation without opening the revoked key', async () => {
    const service = replica();
    const stolen = (await service.loadOrCreate()).signingKey('ES256')?.kid ?? '';
    await service.execute({ do: 'revoke', kid: stolen });
    await database.orm
      .update(signingKeys)
      .set({ encryptedPrivateKey: 'destroyed' })
      .where(eq(signingKeys.kid, stolen));
    expect((await replica().loadOrCreate()).published()).toHaveLength(2);
  });

  /** A replica that makes no key until it is told to, as one does for a second or two. */
  function slowReplica(): { readonly service: SigningKeysService; readonly make: () => void } {
    const { promise, resolve: make } = Promise.withResolvers<void>();
    const privateKeys = privateKeysUnder(keyEncryptionKey);
    const create = privateKeys.create.bind(privateKeys);
    privateKeys.create = async (alg) => {
      await promise;
      return create(alg);
    };
    return { service: replicaWith(privateKeys), make };
  }

  const isRevoked = async (service: SigningKeysService, kid: string) => {
    for (let attempt = 0; attempt < 500; attempt++) {
      if (service.known.find(kid)?.state === 'revoked') return;
      await delay(10);
    }
    throw new Error(`${kid} is not revoked`);
  };

  it('revokes a key before its successor is made, which then signs', async () => {
    const stolen = (await replica().loadOrCreate()).signingKey('ES256')?.kid ?? '';
    const { service, make } = slowReplica();
    await service.loadOrCreate();
    const revocation = service.execute({ do: 'revoke', kid: stolen });
    await isRevoked(service, stolen);
    const events = await database.orm.select({ event: securityEvents.event }).from(securityEvents);
    expect(events).toContainEqual({ event: { type: 'signing-key-revoked', kid: stolen } });
    expect(service.publishedKeys().map(({ kid }) => kid)).not.toContain(stolen);
    expect(service.current.signingKey('ES256')).toBeUndefined();
    make();
    const { changes, cost } = await revocation;
    const kid = service.current.signingKey('ES256')?.kid;
    expect(changes.map((change) => `${change.kid} ${change.to}`)).toEqual([
      `${stolen} revoked`,
      `${kid} signing`,
    ]);
    expect(cost).toEqual({ kid, seconds: 302 });
  });

  it('finishes what one that was killed after a revocation has left, and says the same (F08)', async () => {
    const other = replica();
    const stolen = (await other.loadOrCreate()).signingKey('ES256')?.kid ?? '';
    const { service, make } = slowReplica();
    await service.loadOrCreate();
    const revocation = service.execute({ do: 'revoke', kid: stolen });
    await isRevoked(service, stolen);
    await other.executeChosen(({ ring, policy: seen, now }) => dueCommand(ring, seen, now));
    const kid = (await other.list()).signingKey('ES256')?.kid;
    expect(kid).toBeDefined();
    make();
    const { changes, cost } = await revocation;
    expect(changes.at(-1)).toEqual({ kid, alg: 'ES256', to: 'signing' });
    expect(cost).toEqual({ kid, seconds: expect.any(Number) });
    expect((await other.list()).keys.filter(({ alg }) => alg === 'ES256')).toHaveLength(2);
  });

  it('has revoked a key even when its successor cannot be made, and says so', async () => {
    const stolen = (await replica().loadOrCreate()).signingKey('ES256')?.kid ?? '';
    const privateKeys = privateKeysUnder(keyEncryptionKey);
    privateKeys.create = () => Promise.reject(new ConfigurationError(['no key']));
    const service = replicaWith(privateKeys);
    await service.loadOrCreate();
    expect(await service.execute({ do: 'revoke', kid: stolen })).toEqual({
      changes: [{ kid: stolen, alg: 'ES256', to: 'revoked' }],
      cost: { unsigned: 'ES256' },
    });
    expect((await service.list()).find(stolen)?.state).toBe('revoked');
  });

  it('waits for as long as an answer of before may be kept, when the max-age was made shorter (JWK-07)', async () => {
    await replica().loadOrCreate();
    const service = replicaWith(privateKeysUnder(keyEncryptionKey), { ...policy, jwksMaxAgeSeconds: 60 });
    await service.loadOrCreate();
    await service.execute({ do: 'announce', alg: 'ES256' });
    const age = (seconds: number) =>
      database.orm
        .update(signingKeys)
        .set({ announcedAt: new Date(Date.now() - seconds * 1_000) })
        .where(eq(signingKeys.state, 'announced'));
    await age(301);
    expect(service.policy.jwksMaxAgeSeconds).toBe(300);
    await expect(service.execute({ do: 'rotate', alg: 'ES256' })).rejects.toMatchObject({
      code: 'key_too_young',
    });
    await age(62);
    // The last answer that said 300 seconds has left the last cache.
    await database.orm
      .update(jwksMaxAges)
      .set({ advertisedUntil: new Date(Date.now() - 301_000) })
      .where(eq(jwksMaxAges.maxAgeSeconds, 300));
    await service.advertise();
    expect(await database.orm.select().from(jwksMaxAges)).toMatchObject([{ maxAgeSeconds: 60 }]);
    await service.execute({ do: 'rotate', alg: 'ES256' });
    expect(service.policy.jwksMaxAgeSeconds).toBe(60);
  });

  it('does nothing when nothing is due', async () => {
    const service = replica();
    await service.loadOrCreate();
    expect(await service.executeChosen(() => undefined)).toBeUndefined();
  });
});
