import { ConfigurationError } from '@countersign/platform';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { keyReplica, newKeyEncryptionKey, privateKeysUnder } from '../../test-support/key-replica.js';
import { openMemoryDatabase } from '../../test-support/memory-database.js';
import { toKeyChangeView } from './key-view.js';
import { signingKeys } from './signing-keys.table.js';
import type { SigningKeysService } from './signing-keys.service.js';

const older = newKeyEncryptionKey();
const newer = newKeyEncryptionKey();
let database: Awaited<ReturnType<typeof openMemoryDatabase>>;
/** Opens everything. What it makes the other cannot open. */
let able: SigningKeysService;
let unable: SigningKeysService;
/** The keys that `unable` would publish, and the one that it would sign with, as its listeners know them. */
let published: readonly string[];
let signs: string | undefined;

const kidThatSigns = (service: SigningKeysService) => service.current.signingKey('ES256')?.kid ?? '';
const publishedBy = (service: SigningKeysService) => service.publishedKeys().map(({ kid }) => kid);

beforeAll(async () => {
  Logger.overrideLogger(false);
  database = await openMemoryDatabase();
});
beforeEach(async () => {
  await database.orm.delete(signingKeys);
  unable = keyReplica(database, privateKeysUnder(older));
  able = keyReplica(database, privateKeysUnder(newer, older));
  await unable.loadOrCreate();
  await able.loadOrCreate();
  unable.onChange((ring) => {
    published = ring.published().map(({ kid }) => kid);
    signs = ring.signingKey('ES256')?.kid;
  });
});
afterAll(() => database.close());

describe('a replica that cannot open a key of the ring', () => {
  it('neither signs with a key nor publishes it that another has revoked (JWK-08)', async () => {
    const stolen = kidThatSigns(unable);
    await able.execute({ do: 'announce', alg: 'ES256' });
    await expect(unable.refresh()).rejects.toThrow(ConfigurationError);
    expect(signs).toBe(stolen);
    await able.execute({ do: 'revoke', kid: stolen });
    await expect(unable.refresh()).rejects.toThrow(ConfigurationError);
    expect([kidThatSigns(unable), signs]).toEqual(['', undefined]);
    for (const kids of [publishedBy(unable), published]) {
      expect(kids).not.toContain(stolen);
      expect(kids).toHaveLength(1);
    }
  });

  it('answers a revocation that it has made as made, and says that it cannot follow', async () => {
    const stolen = kidThatSigns(unable);
    const { changes: announced } = await able.execute({ do: 'announce', alg: 'ES256' });
    const change = await unable.execute({ do: 'revoke', kid: stolen });
    expect(change.changes.map(({ kid, to }) => [kid, to])).toEqual([
      [stolen, 'revoked'],
      [announced[0]?.kid, 'signing'],
    ]);
    expect(change.isTakenOver).toBe(false);
    expect(toKeyChangeView(change).warning).toMatch(/signs before .*; the change is made, and the replica/);
    expect(publishedBy(unable)).not.toContain(stolen);
    expect((await able.list()).find(stolen)?.state).toBe('revoked');
  });

  it('says so of the change that it cannot follow, and not of one before', async () => {
    const privateKeys = privateKeysUnder(newer, older);
    const service = keyReplica(database, privateKeys);
    await service.loadOrCreate();
    const { changes: announced } = await service.execute({ do: 'announce', alg: 'RS256' });
    const takenOver: boolean[] = [];
    privateKeys.destroy = async () => {
      privateKeys.open = () => Promise.reject(new ConfigurationError(['no key']));
      takenOver.push((await service.execute({ do: 'announce', alg: 'ES256' })).isTakenOver);
    };
    takenOver.push((await service.execute({ do: 'retire', kid: announced[0]?.kid ?? '' })).isTakenOver);
    expect(takenOver).toEqual([false, true]);
  });

  it('does not sign with a key that is retired, as its tokens would outlive it in the JWKS', async () => {
    const before = kidThatSigns(unable);
    await able.execute({ do: 'rotate-at-once', alg: 'ES256' });
    await expect(unable.refresh()).rejects.toThrow(ConfigurationError);
    expect(signs).toBeUndefined();
    expect(published).toContain(before);
  });

  it('follows what it can open meanwhile', async () => {
    await able.execute({ do: 'announce', alg: 'ES256' });
    const { changes } = await unable.execute({ do: 'rotate-at-once', alg: 'RS256' });
    expect(unable.current.signingKey('RS256')?.kid).toBe(changes.at(-1)?.kid);
    expect(published).toContain(changes.at(-1)?.kid);
  });

  it('tries at each look, and tells its listeners when there is something to tell', async () => {
    await able.execute({ do: 'announce', alg: 'ES256' });
    let calls = 0;
    unable.onChange(() => calls++);
    for (let look = 0; look < 3; look++) await expect(unable.refresh()).rejects.toThrow(ConfigurationError);
    expect(calls).toBe(1); // that of the registration
  });
});

it('a revoked key is out of use before the others have opened, however long that takes', async () => {
  const privateKeys = privateKeysUnder(older);
  const slow = keyReplica(database, privateKeys);
  const stolen = (await slow.loadOrCreate()).signingKey('ES256')?.kid ?? '';
  privateKeys.open = () => new Promise(() => undefined);
  await able.execute({ do: 'revoke', kid: stolen });
  const { promise: told, resolve } = Promise.withResolvers<readonly string[]>();
  slow.onChange((ring) => {
    const kids = ring.published().map(({ kid }) => kid);
    if (!kids.includes(stolen)) resolve(kids);
  });
  void slow.refresh();
  expect(await told).toHaveLength(1);
});

it('a listener that throws is called again at the next look, and keeps none of the others from it', async () => {
  const seen: string[] = [];
  let isBroken = false;
  able.onChange(() => {
    if (isBroken) throw new TypeError('no provider');
    seen.push('first');
  });
  able.onChange(() => seen.push('second'));
  isBroken = true;
  const { isTakenOver } = await able.execute({ do: 'announce', alg: 'ES256' });
  expect([isTakenOver, seen]).toEqual([false, ['first', 'second', 'second']]);
  await expect(able.refresh()).rejects.toThrow('no provider');
  isBroken = false;
  await able.refresh();
  await able.refresh();
  expect(seen.slice(-2)).toEqual(['first', 'second']);
  expect(seen).toHaveLength(6);
});
