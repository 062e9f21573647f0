import { setTimeout as delay } from 'node:timers/promises';
import { ConfigurationError } from '@countersign/platform';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { eq } from 'drizzle-orm';
import {
  REPLICA_POLICY,
  keyReplica,
  newKeyEncryptionKey,
  privateKeysUnder,
} from '../../test-support/key-replica.js';
import { openMemoryDatabase } from '../../test-support/memory-database.js';
import { securityEvents } from '../security-events/security-events.table.js';
import { jwksMaxAges } from './jwks-max-ages.table.js';
import { dueCommand } from './rotation-schedule.js';
import type { SigningKeysService } from './signing-keys.service.js';
import { signingKeys } from './signing-keys.table.js';

const keyEncryptionKey = newKeyEncryptionKey();
let database: Awaited<ReturnType<typeof openMemoryDatabase>>;

const replica = () => keyReplica(database, privateKeysUnder(keyEncryptionKey));

beforeAll(async () => {
  Logger.overrideLogger(false);
  database = await openMemoryDatabase();
});
beforeEach(async () => {
  await database.orm.delete(signingKeys);
  await database.orm.delete(jwksMaxAges);
});
afterAll(() => database.close());

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
    return { service: keyReplica(database, privateKeys), make };
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
    const service = keyReplica(database, privateKeys);
    await service.loadOrCreate();
    expect(await service.execute({ do: 'revoke', kid: stolen })).toEqual({
      changes: [{ kid: stolen, alg: 'ES256', to: 'revoked' }],
      cost: { unsigned: 'ES256' },
      isTakenOver: true,
    });
    expect((await service.list()).find(stolen)?.state).toBe('revoked');
  });

  it('waits for as long as an answer of before may be kept, when the max-age was made shorter (JWK-07)', async () => {
    await replica().loadOrCreate();
    const service = keyReplica(database, privateKeysUnder(keyEncryptionKey), {
      ...REPLICA_POLICY,
      jwksMaxAgeSeconds: 60,
    });
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
