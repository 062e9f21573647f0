import type { KeyContext, KeyEncryptionKey } from './key-encryption-key.js';

/** Format of the envelope and of its additional data. */
const VERSION = 'v2';

/** No configured key-encryption key is the one that an envelope names. */
export class UnknownKeyEncryptionKeyError extends Error {
  override readonly name = 'UnknownKeyEncryptionKeyError';

  constructor(readonly keyId: string) {
    super(`sealed under the key-encryption key ${keyId}`);
  }
}

/** The text is none that `seal` made. */
export class MalformedEnvelopeError extends Error {
  override readonly name = 'MalformedEnvelopeError';
}

/**
 * The key-encryption keys of this process: the current one seals, the previous ones open what was sealed before it.
 * An envelope names its key, so that a wrong one is told from an altered row.
 */
export class KeyEncryption {
  private readonly keys: ReadonlyMap<string, KeyEncryptionKey>;

  constructor(
    private readonly current: KeyEncryptionKey,
    previous: readonly KeyEncryptionKey[],
  ) {
    this.keys = new Map([current, ...previous].map((key) => [key.id, key]));
  }

  /** Ids of the keys, the current one first. */
  get keyIds(): readonly string[] {
    return [...this.keys.keys()];
  }

  /** Whether the current key sealed the envelope. */
  isCurrent(envelope: string): boolean {
    return parseEnvelope(envelope).keyId === this.current.id;
  }

  /** @returns `v2.<id of the key>.<ciphertext>`; it opens only for the same context. */
  async seal(plaintext: string, context: KeyContext): Promise<string> {
    const { id } = this.current;
    const wrapped = await this.current.wrap(Buffer.from(plaintext), bound(context));
    return [VERSION, id, Buffer.from(wrapped).toString('base64url')].join('.');
  }

  /**
   * @throws UnknownKeyEncryptionKeyError when it was sealed under a key that is not configured.
   * @throws MalformedEnvelopeError | UnwrapRefusedError when it was altered or belongs to something else.
   */
  async open(envelope: string, context: KeyContext): Promise<string> {
    const { keyId, wrapped } = parseEnvelope(envelope);
    const key = this.keys.get(keyId);
    if (key === undefined) throw new UnknownKeyEncryptionKeyError(keyId);
    return Buffer.from(await key.unwrap(wrapped, bound(context))).toString('utf8');
  }

  /**
   * The secret for a purpose, and those that the previous keys gave: what was signed with one of them is accepted
   * until its key is removed, so that a new key-encryption key logs nobody out.
   */
  async deriveSecrets(purpose: string): Promise<readonly [string, ...string[]]> {
    const [, ...previous] = this.keys.values();
    return [
      await this.current.deriveSecret(purpose),
      ...(await Promise.all(previous.map((key) => key.deriveSecret(purpose)))),
    ];
  }
}

function bound(context: KeyContext): KeyContext {
  return { ...context, version: VERSION };
}

function parseEnvelope(envelope: string): { readonly keyId: string; readonly wrapped: Buffer } {
  const [, keyId, body] = /^v2\.([\w-]+)\.([\w-]+)$/.exec(envelope) ?? [];
  if (keyId === undefined || body === undefined) throw new MalformedEnvelopeError('not an envelope');
  return { keyId, wrapped: Buffer.from(body, 'base64url') };
}
