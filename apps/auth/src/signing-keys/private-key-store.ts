import type { JWK } from 'jose';
import type { ExternalSigningKey } from 'oidc-provider';
import type { RingKey, SigningAlgorithm } from './key-ring.js';

/** What oidc-provider signs with: a key in this process, or one that signs elsewhere and never is in it. */
export type PrivateKey = JWK | ExternalSigningKey;

/** Where a private key lies, as its row says it: one of the two is set. */
export interface StoredPrivateKey {
  readonly encryptedPrivateKey: string | null;
  /** PKCS#11 URI (RFC 7512). */
  readonly privateKeyUri: string | null;
}

/** What the row of a key says, but for its place in the ring. */
export interface StoredKey extends Pick<RingKey, 'kid' | 'alg'>, StoredPrivateKey {
  readonly publicJwk: JWK;
}

export interface NewKey extends StoredKey {
  readonly privateKey: PrivateKey;
}

/** A place where private keys lie: the port that an HSM or a signing service implements. */
export interface PrivateKeyStore {
  /** Makes a key pair, off the main thread. Its `kid` is the thumbprint (RFC 7638): no two keys can share one. */
  create(alg: SigningAlgorithm): Promise<NewKey>;

  /** @throws ConfigurationError when the row was altered, or is not one of this store's. */
  open(key: StoredKey): Promise<PrivateKey>;

  /** Called for each token request: to be cheap. @throws SigningUnavailableError while it is known not to sign. */
  assertAvailable(): Promise<void>;

  /** Forgets what lies outside the row; to be called when the row is gone. */
  destroy(key: StoredPrivateKey): Promise<void>;
}
