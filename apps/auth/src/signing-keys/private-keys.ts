import { ConfigurationError } from '@countersign/platform';
import type { SigningAlgorithm } from './key-ring.js';
import type {
  NewKey,
  PrivateKey,
  PrivateKeyStore,
  StoredKey,
  StoredPrivateKey,
} from './private-key-store.js';
import type { SealedKeys } from './sealed-keys.js';

/**
 * The private keys of the ring, wherever each lies: its row says where. New ones are made in one place; the others
 * go on signing while they last, so that a ring moves from the database into an HSM, or back, by rotation.
 */
export class PrivateKeys implements PrivateKeyStore {
  private readonly creating: PrivateKeyStore;

  constructor(
    private readonly sealed: SealedKeys,
    private readonly hsm: PrivateKeyStore | undefined,
    newKeysIn: 'database' | 'pkcs11',
  ) {
    this.creating = newKeysIn === 'database' ? sealed : this.requireHsm('a new signing key');
  }

  create(alg: SigningAlgorithm): Promise<NewKey> {
    return this.creating.create(alg);
  }

  async open(key: StoredKey): Promise<PrivateKey> {
    return this.storeOf(key, `signing key ${key.kid}`).open(key);
  }

  async destroy(key: StoredPrivateKey): Promise<void> {
    await this.storeOf(key, 'a signing key').destroy(key);
  }

  /** The envelope under the current key-encryption key; undefined when there is nothing to do. */
  reseal(key: StoredKey): Promise<string | undefined> {
    return this.sealed.reseal(key);
  }

  private storeOf(key: StoredPrivateKey, what: string): PrivateKeyStore {
    return key.privateKeyUri === null ? this.sealed : this.requireHsm(what);
  }

  private requireHsm(what: string): PrivateKeyStore {
    if (this.hsm !== undefined) return this.hsm;
    throw new ConfigurationError([
      `${what} is to be in a PKCS#11 token: PKCS11_MODULE, PKCS11_TOKEN_LABEL and PKCS11_PIN are not set`,
    ]);
  }
}
