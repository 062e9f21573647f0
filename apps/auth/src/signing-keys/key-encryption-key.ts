/** Names what a ciphertext belongs to; bound to it as additional data, so that it opens for nothing else. */
export type KeyContext = Readonly<Record<string, string>>;

/**
 * A key that wraps the private keys in the database, and is not in it: a stolen dump signs nothing. The port that a
 * key management service implements: it is asked at start and when a key is made, never for a request.
 */
export interface KeyEncryptionKey {
  /** Names the key in rows and messages, in letters, digits, `-` and `_`, and gives nothing of it away. */
  readonly id: string;

  wrap(plaintext: Uint8Array, context: KeyContext): Promise<Uint8Array>;

  /**
   * @throws UnwrapRefusedError when `wrapped` was altered, or wrapped for another context or under another key.
   * Anything else that it throws is an outage, and is not taken for a forged row.
   */
  unwrap(wrapped: Uint8Array, context: KeyContext): Promise<Uint8Array>;

  /** A lasting secret for one purpose: another key or another purpose gives another one. */
  deriveSecret(purpose: string): Promise<string>;
}

/** What was to be unwrapped is not what was wrapped. */
export class UnwrapRefusedError extends Error {
  override readonly name = 'UnwrapRefusedError';
}
