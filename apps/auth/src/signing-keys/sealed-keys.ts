import { ConfigurationError } from '@countersign/platform';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import { UnwrapRefusedError } from './key-encryption-key.js';
import {
  MalformedEnvelopeError,
  UnknownKeyEncryptionKeyError,
  type KeyEncryption,
} from './key-encryption.js';
import type { SigningAlgorithm } from './key-ring.js';
import type { NewKey, PrivateKeyStore, StoredKey } from './private-key-store.js';
import { assertPublishes, toPublicJwk } from './public-jwk.js';

/** RFC 7518 §3.3 asks for 2048 bits; 3072 are good beyond 2030 (NIST SP 800-57 part 1). */
const RSA_MODULUS_BITS = 3072;

/** Private keys in the database, each sealed for its row. They are in this process while they sign. */
export class SealedKeys implements PrivateKeyStore {
  constructor(private readonly keyEncryption: KeyEncryption) {}

  async create(alg: SigningAlgorithm): Promise<NewKey> {
    const pair = await generateKeyPair(alg, { extractable: true, modulusLength: RSA_MODULUS_BITS });
    const publicJwk = await toPublicJwk(await exportJWK(pair.publicKey), alg);
    const { kid } = publicJwk;
    const privateKey: JWK = { ...(await exportJWK(pair.privateKey)), kid, alg, use: 'sig' };
    const encryptedPrivateKey = await this.keyEncryption.seal(JSON.stringify(privateKey), { kid, alg });
    return { kid, alg, publicJwk, encryptedPrivateKey, privateKeyUri: null, privateKey };
  }

  async open(key: StoredKey): Promise<JWK> {
    const privateKey = JSON.parse(await this.unseal(key)) as JWK;
    await assertPublishes(key, privateKey);
    return privateKey;
  }

  async assertAvailable(): Promise<void> {
    // They are in this process.
  }

  async destroy(): Promise<void> {
    // The row is all there is of it.
  }

  /** The envelope under the current key-encryption key; undefined when it is under it already. */
  async reseal(key: StoredKey): Promise<string | undefined> {
    const { kid, alg, encryptedPrivateKey } = key;
    try {
      if (encryptedPrivateKey === null || this.keyEncryption.isCurrent(encryptedPrivateKey)) return undefined;
      const plaintext = await this.keyEncryption.open(encryptedPrivateKey, { kid, alg });
      return await this.keyEncryption.seal(plaintext, { kid, alg });
    } catch (error) {
      throw this.explain(kid, error);
    }
  }

  private async unseal({ kid, alg, encryptedPrivateKey }: StoredKey): Promise<string> {
    try {
      return await this.keyEncryption.open(encryptedPrivateKey ?? '', { kid, alg });
    } catch (error) {
      throw this.explain(kid, error);
    }
  }

  private explain(kid: string, error: unknown): unknown {
    if (error instanceof UnknownKeyEncryptionKeyError) {
      const [current, ...previous] = this.keyEncryption.keyIds;
      const others = previous.length > 0 ? ` (KEY_ENCRYPTION_KEY_PREVIOUS: ${previous.join(', ')})` : '';
      return new ConfigurationError([
        `signing key ${kid} was sealed under the key-encryption key ${error.keyId}, and KEY_ENCRYPTION_KEY is ${current}${others}`,
      ]);
    }
    if (error instanceof MalformedEnvelopeError || error instanceof UnwrapRefusedError) {
      return new ConfigurationError([`signing key ${kid} does not open: its row was altered`]);
    }
    return error;
  }
}
