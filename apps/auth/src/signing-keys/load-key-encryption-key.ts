import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ConfigurationError } from '@countersign/platform';
import type { AuthConfig } from '../app.config.js';
import { KeyEncryptionKey } from './key-encryption-key.js';

/**
 * The key-encryption key of the settings; in the demo one that the first start puts into the data folder.
 *
 * @throws ConfigurationError outside the demo when none is set.
 */
export function loadKeyEncryptionKey({ KEY_ENCRYPTION_KEY, DEMO, DATA_DIR }: AuthConfig): KeyEncryptionKey {
  if (KEY_ENCRYPTION_KEY !== undefined) return KeyEncryptionKey.fromBase64url(KEY_ENCRYPTION_KEY);
  if (!DEMO) {
    throw new ConfigurationError([
      'KEY_ENCRYPTION_KEY is not set; make one with: openssl rand -base64 32 | tr "+/" "-_" | tr -d "="',
    ]);
  }
  const file = join(DATA_DIR, 'auth', 'key-encryption-key');
  try {
    return KeyEncryptionKey.fromBase64url(readOrCreate(file));
  } catch (error) {
    if (error instanceof TypeError) throw new ConfigurationError([`${file}: ${error.message}`]);
    throw error;
  }
}

/** `wx` lets one of several processes write; the others read what it wrote. */
function readOrCreate(file: string): string {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  try {
    writeFileSync(file, randomBytes(32).toString('base64url'), { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return readFileSync(file, 'utf8').trim();
}
