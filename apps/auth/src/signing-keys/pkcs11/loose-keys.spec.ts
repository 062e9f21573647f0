import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { eq } from 'drizzle-orm';
import { REPLICA_POLICY, keyReplica, newKeyEncryptionKey } from '../../../test-support/key-replica.js';
import { openMemoryDatabase } from '../../../test-support/memory-database.js';
import { SoftHsm } from '../../../test-support/soft-hsm.js';
import { KeyEncryption } from '../key-encryption.js';
import { LoosePrivateKeysRepository } from '../loose-private-keys.repository.js';
import { loosePrivateKeys } from '../loose-private-keys.table.js';
import type { NewKey } from '../private-key-store.js';
import { PrivateKeys } from '../private-keys.js';
import { SealedKeys } from '../sealed-keys.js';
import { SigningUnavailableError } from '../signing-unavailable-error.js';
import { signingKeys } from '../signing-keys.table.js';
import type { SigningKeysService } from '../signing-keys.service.js';
import { Pkcs11Keys } from './pkcs11-keys.js';
import { Pkcs11Token } from './pkcs11-token.js';

const softHsm = SoftHsm.create();
const withHsm = softHsm === undefined ? describe.skip : describe;

withHsm('a key in an HSM that no row of the ring names', () => {
  const { module = '', label = '', pin = '' } = softHsm ?? {};
  const token = new Pkcs11Token({ module, label, pin }, 1);
  let database: Awaited<ReturnType<typeof openMemoryDatabase>>;
  let hsm: Pkcs11Keys;
  let service: SigningKeysService;

  beforeAll(async () => {
    Logger.overrideLogger(false);
    await softHsm?.enter();
    await token.connect();
    database = await openMemoryDatabase();
    hsm = new Pkcs11Keys(token, new LoosePrivateKeysRepository(database));
    service = replica();
    await service.loadOrCreate();
  });

  afterAll(async () => {
    await token.onApplicationShutdown();
    await database.close();
    softHsm?.dispose();
  });

  function replica(store = hsm, { orm }: Pick<typeof database, 'orm'> = database): SigningKeysService {
    const sealed = new SealedKeys(new KeyEncryption(newKeyEncryptionKey(), []));
    return keyReplica({ ...database, orm }, new PrivateKeys(sealed, store, 'pkcs11'), {
      ...REPLICA_POLICY,
      algorithms: ['ES256'],
    });
  }

  /** Lets the time pass in which a key is made. */
  const age = ({ privateKeyUri }: NewKey) =>
    database.orm
      .update(loosePrivateKeys)
      .set({ destroyFrom: new Date(Date.now() - 1_000) })
      .where(eq(loosePrivateKeys.privateKeyUri, privateKeyUri ?? ''));
  const written = () => database.orm.select().from(loosePrivateKeys);
  /** What attempts leave behind that were given up. */
  const neverMade = (count: number) =>
    database.orm.insert(loosePrivateKeys).values(
      Array.from({ length: count }, (_, n) => ({
        privateKeyUri: `pkcs11:token=${label};id=%02%${n.toString(16).padStart(2, '0')};type=private`,
        destroyFrom: new Date(0),
      })),
    );
  const isThere = (key: NewKey) =>
    hsm.open(key).then(
      () => true,
      () => false,
    );

  it('is none when all went well', async () => {
    expect(service.current.signingAlgorithms()).toEqual(['ES256']);
    expect(await written()).toEqual([]);
  });

  it('is destroyed when whoever had it made was killed, and not while it may be in the making', async () => {
    const orphan = await hsm.create('ES256');
    await service.destroyLooseKeys();
    expect(await isThere(orphan)).toBe(true);
    await age(orphan);
    await service.destroyLooseKeys();
    expect(await isThere(orphan)).toBe(false);
    expect(await written()).toEqual([]);
  });

  it('is forgotten when the HSM was never asked for it', async () => {
    await new LoosePrivateKeysRepository(database).expect('pkcs11:token=countersign;id=%01;type=private');
    await database.orm.update(loosePrivateKeys).set({ destroyFrom: new Date(0) });
    await service.destroyLooseKeys();
    expect(await written()).toEqual([]);
  });

  it('does not come into the ring after others may have destroyed it', async () => {
    const create = hsm.create.bind(hsm);
    const slow = new Pkcs11Keys(token, new LoosePrivateKeysRepository(database));
    slow.create = async (alg) => {
      const made = await create(alg);
      await age(made);
      return made;
    };
    await expect(replica(slow).execute({ do: 'announce', alg: 'ES256' })).rejects.toThrow('too long');
    expect((await service.list()).successor('ES256')).toBeUndefined();
    await service.destroyLooseKeys();
    expect(await written()).toEqual([]);
  });

  it('is left alone when the answer to the change that brings it in is lost: it may be in the ring', async () => {
    const { orm } = database;
    const losing = replica(hsm, {
      orm: Object.assign(Object.create(orm), {
        transaction: async (...args: Parameters<typeof orm.transaction>) => {
          const done = await orm.transaction(...args);
          if ((await service.list()).successor('ES256') !== undefined) throw new Error('connection lost');
          return done;
        },
      }),
    });
    await expect(losing.execute({ do: 'announce', alg: 'ES256' })).rejects.toThrow('connection lost');
    await service.refresh();
    const successor = service.current.successor('ES256');
    expect(successor && (await isThere(successor))).toBe(true);
    await service.execute({ do: 'retire', kid: successor?.kid ?? '' });
  });

  it('is destroyed when whoever deleted its row was killed before the HSM was told', async () => {
    const killed = new Pkcs11Keys(token, new LoosePrivateKeysRepository(database));
    killed.destroy = () => Promise.reject(new Error('killed'));
    const other = replica(killed);
    const { changes } = await service.execute({ do: 'announce', alg: 'ES256' });
    await other.refresh();
    const row = other.current.find(changes[0]?.kid ?? '');
    if (row === undefined) throw new Error('no key is announced');
    await other.execute({ do: 'retire', kid: row.kid });
    expect(await isThere(row)).toBe(true);
    expect(await written()).toMatchObject([{ privateKeyUri: row.privateKeyUri }]);
    await service.destroyLooseKeys();
    expect(await isThere(row)).toBe(false);
    expect(await written()).toEqual([]);
  });

  describe('while the HSM is away', () => {
    beforeEach(() => {
      // A second user of the module in this process would end the sessions of the first when it gives up.
      jest.spyOn(token, 'available').mockRejectedValue(new SigningUnavailableError('the token is away'));
    });
    afterEach(() => {
      jest.restoreAllMocks();
    });

    it('is not written down: it is not made, however often that is tried', async () => {
      const keys = new Pkcs11Keys(token, new LoosePrivateKeysRepository(database));
      for (let attempt = 0; attempt < 3; attempt++)
        await expect(keys.create('ES256')).rejects.toThrow(SigningUnavailableError);
      expect(await written()).toEqual([]);
    });

    it('is tried one at a time, and the others stay for another round', async () => {
      await neverMade(3);
      let attempts = 0;
      const keys = new Pkcs11Keys(token, new LoosePrivateKeysRepository(database));
      keys.destroy = async () => {
        attempts++;
        await keys.assertAvailable();
      };
      await expect(replica(keys).destroyLooseKeys()).rejects.toThrow(SigningUnavailableError);
      expect([attempts, (await written()).length]).toEqual([1, 3]);
      jest.restoreAllMocks();
      await service.destroyLooseKeys();
    });
  });

  it('is destroyed in rounds when an outage has left many', async () => {
    await neverMade(101);
    await service.destroyLooseKeys();
    expect(await written()).toHaveLength(1);
    await service.destroyLooseKeys();
    expect(await written()).toEqual([]);
  });

  it('stays alone when this database has not asked for it', async () => {
    const elsewhere = new Pkcs11Keys(token, {
      expect: () => Promise.resolve(),
      forget: () => Promise.resolve(),
    });
    const foreign = await elsewhere.create('ES256');
    await service.destroyLooseKeys();
    expect(await isThere(foreign)).toBe(true);
    expect(await database.orm.$count(signingKeys)).toBe(1);
  });
});
