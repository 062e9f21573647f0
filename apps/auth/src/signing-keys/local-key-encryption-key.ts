import { derive, KEY_BYTES, seal, unseal, UnsealRefusedError } from '../sealing/aes-256-gcm.js';
import { UnwrapRefusedError, type KeyContext, type KeyEncryptionKey } from './key-encryption-key.js';

const ID_BYTES = 8;

/** A key-encryption key in this process, from a file or the environment: AES-256-GCM. */
export class LocalKeyEncryptionKey implements KeyEncryptionKey {
  readonly id: string;
  readonly #key: Buffer;

  private constructor(key: Buffer) {
    this.#key = key;
    this.id = derive(key, 'key-encryption-key-id', ID_BYTES).toString('hex');
  }

  static fromBase64url(text: string): LocalKeyEncryptionKey {
    const key = Buffer.from(text, 'base64url');
    if (key.byteLength !== KEY_BYTES) throw new TypeError('a key-encryption key has 32 bytes');
    return new LocalKeyEncryptionKey(key);
  }

  async wrap(plaintext: Uint8Array, context: KeyContext): Promise<Uint8Array> {
    return seal(plaintext, this.#key, additionalData(context));
  }

  async unwrap(wrapped: Uint8Array, context: KeyContext): Promise<Uint8Array> {
    try {
      return unseal(wrapped, this.#key, additionalData(context));
    } catch (error) {
      if (error instanceof UnsealRefusedError) throw new UnwrapRefusedError(error.message, { cause: error });
      throw error;
    }
  }

  async deriveSecret(purpose: string): Promise<string> {
    return derive(this.#key, purpose, KEY_BYTES).toString('base64url');
  }
}

/** JSON keeps the members apart, sorting makes their order count for nothing. */
function additionalData(context: KeyContext): Buffer {
  return Buffer.from(JSON.stringify(Object.entries(context).toSorted(([a], [b]) => (a < b ? -1 : 1))));
}
