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
import { idTokenHintKeyRows } from './id-token-hint-keys.table.js';
import { signingKeys } from './signing-keys.table.js';
import type { SigningKeysService } from './signing-keys.service.js';

const privateKeys = privateKeysUnder(newKeyEncryptionKey());
let database: Awaited<ReturnType<typeof openMemoryDatabase>>;
let service: SigningKeysService;
let kid: string;

beforeAll(async () => {
  Logger.overrideLogger(false);
  database = await openMemoryDatabase();
});
beforeEach(async () => {
  await database.orm.delete(signingKeys);
  await database.orm.delete(idTokenHintKeyRows);
  service = keyReplica(database, privateKeys);
  kid = (await service.loadOrCreate()).signingKey('ES256')?.kid ?? '';
});
afterAll(() => database.close());

/** As if it had ended so long ago that its last token has expired. */
async function end(): Promise<void> {
  const retiredAt = new Date(Date.now() - (REPLICA_POLICY.retainSeconds + 1) * 1_000);
  await database.orm.update(signingKeys).set({ retiredAt }).where(eq(signingKeys.kid, kid));
  await database.orm
    .update(signingKeys)
    .set({ revokedAt: retiredAt })
    .where(eq(signingKeys.state, 'revoked'));
  await service.execute({ do: 'delete', kid });
}

const kept = () => service.idTokenHintKeys.map((key) => key.kid);

describe('a key that is deleted', () => {
  it('in its turn is kept, with its public half alone, for as long as a session lives, and not published', async () => {
    const { publicJwk } = service.current.find(kid) ?? {};
    await service.execute({ do: 'rotate-at-once', alg: 'ES256' });
    await end();
    expect(service.idTokenHintKeys).toEqual([{ kid, alg: 'ES256', publicJwk }]);
    expect(service.publishedKeys().map((key) => key.kid)).not.toContain(kid);
    expect(service.current.find(kid)).toBeUndefined();
    const [row] = await database.orm.select().from(idTokenHintKeyRows);
    expect(Math.round(((row?.expiresAt.getTime() ?? 0) - Date.now()) / 86_400_000)).toBe(14);
  });

  it('is known to a replica that starts later, until it has expired', async () => {
    await service.execute({ do: 'rotate-at-once', alg: 'ES256' });
    await end();
    const later = keyReplica(database, privateKeys);
    await later.loadOrCreate();
    expect(later.idTokenHintKeys).toEqual(service.idTokenHintKeys);
    await database.orm.update(idTokenHintKeyRows).set({ expiresAt: new Date(Date.now() - 1_000) });
    const tooLate = keyReplica(database, privateKeys);
    await tooLate.loadOrCreate();
    expect(tooLate.idTokenHintKeys).toEqual([]);
  });

  it('is not kept when it was revoked', async () => {
    await service.execute({ do: 'revoke', kid });
    await end();
    expect(kept()).toEqual([]);
  });

  it('is not kept when it never signed', async () => {
    const { changes } = await service.execute({ do: 'announce', alg: 'ES256' });
    await service.execute({ do: 'retire', kid: changes[0]?.kid ?? '' });
    expect(kept()).toEqual([]);
  });
});
