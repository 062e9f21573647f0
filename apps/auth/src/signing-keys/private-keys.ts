import { isDeepStrictEqual } from 'node:util';
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

/** More than a ring ever has at a time; a key that is opened again is proved again, and nothing else changes. */
const MAX_OPENED = 64;

interface OpenedKey {
  /** All of the row that the key has to agree with; a new envelope of it makes it no other key. */
  readonly row: Pick<StoredKey, 'alg' | 'publicJwk' | 'privateKeyUri'>;
  readonly privateKey: PrivateKey;
}

/**
 * The private keys of the ring, wherever each lies: its row says where. New ones are made in one place; the others
 * go on signing while they last, so that a ring moves from the database into an HSM, or back, by rotation.
 *
 * A key is opened once: a change of the ring asks neither a key management service nor an HSM for those that it keeps,
 * and a process that does not have the newest key-encryption key goes on with what it has opened.
 */
export class PrivateKeys implements PrivateKeyStore {
  private readonly creating: PrivateKeyStore;
  private readonly opened = new Map<string, OpenedKey>();

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
    const { kid, alg, publicJwk, privateKeyUri } = key;
    const row = { alg, publicJwk, privateKeyUri };
    const known = this.opened.get(kid);
    if (known !== undefined && isDeepStrictEqual(known.row, row)) return known.privateKey;

    const privateKey = await this.storeOf(key, `signing key ${kid}`).open(key);
    this.opened.set(kid, { row, privateKey });
    const [oldest] = this.opened.keys();
    if (this.opened.size > MAX_OPENED && oldest !== undefined) this.opened.delete(oldest);
    return privateKey;
  }

  async assertAvailable(): Promise<void> {
    await this.hsm?.assertAvailable();
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
