import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

const ALGORITHM = 'aes-256-gcm';
const VERSION = 'v1';
const KEY_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;

/**
 * The key under which private keys lie in the database (AES-256-GCM), and from which the process derives its other
 * secrets. It is not in the database: a stolen dump signs nothing.
 */
export class KeyEncryptionKey {
  private constructor(private readonly key: Buffer) {}

  static fromBase64url(text: string): KeyEncryptionKey {
    const key = Buffer.from(text, 'base64url');
    if (key.byteLength !== KEY_BYTES) throw new TypeError('a key-encryption key has 32 bytes');
    return new KeyEncryptionKey(key);
  }

  /**
   * Encrypts `plaintext` so that it opens only together with the same `context`, which names the row that it belongs
   * to: a ciphertext that was moved to another row does not open.
   */
  seal(plaintext: string, context: readonly string[]): string {
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv(ALGORITHM, this.key, iv, { authTagLength: TAG_BYTES });
    cipher.setAAD(additionalData(context));
    const sealed = Buffer.concat([iv, cipher.update(plaintext, 'utf8'), cipher.final(), cipher.getAuthTag()]);
    return `${VERSION}.${sealed.toString('base64url')}`;
  }

  /** @throws when the envelope was altered, was sealed for another context, or under another key. */
  open(envelope: string, context: readonly string[]): string {
    const [version, body = ''] = envelope.split('.');
    const sealed = Buffer.from(body, 'base64url');
    if (version !== VERSION || sealed.byteLength < IV_BYTES + TAG_BYTES) throw new Error('not an envelope');
    const decipher = createDecipheriv(ALGORITHM, this.key, sealed.subarray(0, IV_BYTES), {
      authTagLength: TAG_BYTES,
    });
    decipher.setAAD(additionalData(context));
    decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
    return decipher.update(sealed.subarray(IV_BYTES, -TAG_BYTES), undefined, 'utf8') + decipher.final('utf8');
  }

  /** A secret for one purpose (HKDF, RFC 5869), so that no secret serves two and none more has to be kept. */
  deriveSecret(purpose: string): string {
    return Buffer.from(hkdfSync('sha256', this.key, '', `countersign:${purpose}`, KEY_BYTES)).toString(
      'base64url',
    );
  }
}

/** JSON keeps the members apart: `['ab', 'c']` and `['a', 'bc']` give different bytes. */
function additionalData(context: readonly string[]): Buffer {
  return Buffer.from(JSON.stringify([VERSION, ...context]), 'utf8');
}
