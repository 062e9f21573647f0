import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { ConfigurationError } from '@countersign/platform';
import type { AuthConfig } from '../app.config.js';
import { readOrCreate } from '../data-folder/read-or-create.js';
import { KeyEncryption } from './key-encryption.js';
import { LocalKeyEncryptionKey } from './local-key-encryption-key.js';

/** AES-256. */
const KEY_BYTES = 32;

type Settings = Pick<AuthConfig, 'KEY_ENCRYPTION_KEY' | 'KEY_ENCRYPTION_KEY_PREVIOUS' | 'DEMO' | 'DATA_DIR'>;

/**
 * The key-encryption keys of the settings; in the demo one that the first start puts into the data folder.
 *
 * @throws ConfigurationError outside the demo when none is set.
 */
export function loadKeyEncryption(settings: Settings): KeyEncryption {
  const previous = settings.KEY_ENCRYPTION_KEY_PREVIOUS?.split(/[\s,]+/) ?? [];
  return new KeyEncryption(
    currentKey(settings),
    previous.map((text) => LocalKeyEncryptionKey.fromBase64url(text)),
  );
}

function currentKey({ KEY_ENCRYPTION_KEY, DEMO, DATA_DIR }: Settings): LocalKeyEncryptionKey {
  if (KEY_ENCRYPTION_KEY !== undefined) return LocalKeyEncryptionKey.fromBase64url(KEY_ENCRYPTION_KEY);
  if (!DEMO) {
    throw new ConfigurationError([
      'KEY_ENCRYPTION_KEY is not set; make one with: openssl rand -base64 32 | tr "+/" "-_" | tr -d "="',
    ]);
  }
  const file = join(DATA_DIR, 'auth', 'key-encryption-key');
  try {
    return LocalKeyEncryptionKey.fromBase64url(
      readOrCreate(file, () => randomBytes(KEY_BYTES).toString('base64url')),
    );
  } catch (error) {
    if (error instanceof TypeError) throw new ConfigurationError([`${file}: ${error.message}`]);
    throw error;
  }
}
