import { randomBytes } from 'node:crypto';
import { SecurityEventLog } from '../src/security-events/security-event-log.js';
import { JwksMaxAgesRepository } from '../src/signing-keys/jwks-max-ages.repository.js';
import { KeyEncryption } from '../src/signing-keys/key-encryption.js';
import { LocalKeyEncryptionKey } from '../src/signing-keys/local-key-encryption-key.js';
import { LoosePrivateKeysRepository } from '../src/signing-keys/loose-private-keys.repository.js';
import { PrivateKeys } from '../src/signing-keys/private-keys.js';
import type { RotationPolicy } from '../src/signing-keys/rotation-policy.js';
import { SealedKeys } from '../src/signing-keys/sealed-keys.js';
import { SigningKeysRepository } from '../src/signing-keys/signing-keys.repository.js';
import { SigningKeysService } from '../src/signing-keys/signing-keys.service.js';
import type { openMemoryDatabase } from './memory-database.js';

export const REPLICA_POLICY: RotationPolicy = {
  algorithms: ['RS256', 'ES256'],
  jwksMaxAgeSeconds: 300,
  rotateAfterSeconds: 10_000,
  announceAheadSeconds: 1_000,
  retainSeconds: 960,
};

export function newKeyEncryptionKey(): LocalKeyEncryptionKey {
  return LocalKeyEncryptionKey.fromBase64url(randomBytes(32).toString('base64url'));
}

/** Private keys in the database, as a replica with these key-encryption keys has them. */
export function privateKeysUnder(
  key: LocalKeyEncryptionKey,
  ...previous: LocalKeyEncryptionKey[]
): PrivateKeys {
  return new PrivateKeys(new SealedKeys(new KeyEncryption(key, previous)), undefined, 'database');
}

/** The key ring of one replica. */
export function keyReplica(
  database: Awaited<ReturnType<typeof openMemoryDatabase>>,
  privateKeys: PrivateKeys,
  settings = REPLICA_POLICY,
): SigningKeysService {
  const maxAges = new JwksMaxAgesRepository(database);
  const looseKeys = new LoosePrivateKeysRepository(database);
  const events = new SecurityEventLog();
  const repository = new SigningKeysRepository(database, privateKeys, events, maxAges, looseKeys);
  return new SigningKeysService(repository, privateKeys, maxAges, looseKeys, settings);
}
