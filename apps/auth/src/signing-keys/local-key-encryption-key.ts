import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { UnwrapRefusedError, type KeyContext, type KeyEncryptionKey } from './key-encryption-key.js';

const ALGORITHM = 'aes-256-gcm';
const KEY_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;
const ID_BYTES = 8;

/** A key-encryption key in this process, from a file or the environment: AES-256-GCM. */
export class LocalKeyEncryptionKey implements KeyEncryptionKey {
  readonly id: string;
  readonly #key: Buffer;

  private constructor(key: Buffer) {
    this.#key = key;
    this.id = this.derive('key-encryption-key-id', ID_BYTES).toString('hex');
  }

  static fromBase64url(text: string): LocalKeyEncryptionKey {
    const key = Buffer.from(text, 'base64url');
    if (key.byteLength !== KEY_BYTES) throw new TypeError('a key-encryption key has 32 bytes');
    return new LocalKeyEncryptionKey(key);
  }

  async wrap(plaintext: Uint8Array, context: KeyContext): Promise<Uint8Array> {
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv(ALGORITHM, this.#key, iv, { authTagLength: TAG_BYTES });
    cipher.setAAD(additionalData(context));
    return Buffer.concat([iv, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
  }

  async unwrap(wrapped: Uint8Array, context: KeyContext): Promise<Uint8Array> {
    if (wrapped.byteLength < IV_BYTES + TAG_BYTES) throw new UnwrapRefusedError('too short');
    const iv = wrapped.subarray(0, IV_BYTES);
    const decipher = createDecipheriv(ALGORITHM, this.#key, iv, { authTagLength: TAG_BYTES });
    decipher.setAAD(additionalData(context));
    decipher.setAuthTag(wrapped.subarray(-TAG_BYTES));
    const plaintext = decipher.update(wrapped.subarray(IV_BYTES, -TAG_BYTES));
    try {
      return Buffer.concat([plaintext, decipher.final()]);
    } catch {
      throw new UnwrapRefusedError('not what was wrapped'); // the one thing that `final` can find here
    }
  }

  async deriveSecret(purpose: string): Promise<string> {
    return this.derive(purpose, KEY_BYTES).toString('base64url');
  }

  /** HKDF (RFC 5869): no secret serves two purposes, and none tells the key. */
  private derive(purpose: string, bytes: number): Buffer {
    return Buffer.from(hkdfSync('sha256', this.#key, '', `countersign:${purpose}`, bytes));
  }
}

/** JSON keeps the members apart, sorting makes their order count for nothing. */
function additionalData(context: KeyContext): Buffer {
  return Buffer.from(JSON.stringify(Object.entries(context).toSorted(([a], [b]) => (a < b ? -1 : 1))));
}
