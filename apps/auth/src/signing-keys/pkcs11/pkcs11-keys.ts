import { randomBytes } from 'node:crypto';
import { ConfigurationError } from '@countersign/platform';
import { base64url, compactVerify, type JWK } from 'jose';
import type { ExternalSigningKey } from 'oidc-provider';
import { DelegatedSigningKey } from '../delegated-signing-key.js';
import type { SigningAlgorithm } from '../key-ring.js';
import type { NewKey, PrivateKeyStore, StoredKey, StoredPrivateKey } from '../private-key-store.js';
import type { LoosePrivateKeysRepository } from '../loose-private-keys.repository.js';
import { assertPublishes, toPublicJwk } from '../public-jwk.js';
import { SigningUnavailableError } from '../signing-unavailable-error.js';
import type { Pkcs11Token } from './pkcs11-token.js';
import { formatPkcs11Uri, parsePkcs11Uri } from './pkcs11-uri.js';
import { FAULTS, type KeyReference } from './session-protocol.js';
import { TokenFault } from './token-session.js';

const ID_BYTES = 16;

/** Private keys in a PKCS #11 token: made there, used there, and never in this process. */
export class Pkcs11Keys implements PrivateKeyStore {
  /** What was opened, by its URI. */
  private readonly opened = new Map<string | null, KeyReference>();

  constructor(
    private readonly token: Pkcs11Token,
    private readonly looseKeys: Pick<LoosePrivateKeysRepository, 'expect' | 'forget'>,
  ) {}

  async create(alg: SigningAlgorithm): Promise<NewKey> {
    const id = randomBytes(ID_BYTES);
    const privateKeyUri = formatPkcs11Uri({ token: this.token.label, id });
    await this.token.available(); // each attempt while it is away would leave a row behind
    await this.looseKeys.expect(privateKeyUri);
    const publicJwk = await toPublicJwk(await this.generate({ id, alg }), alg);
    const stored = { kid: publicJwk.kid, alg, publicJwk, encryptedPrivateKey: null, privateKeyUri };
    return { ...stored, privateKey: await this.open(stored) };
  }

  async open(key: StoredKey): Promise<ExternalSigningKey> {
    const reference = { id: this.idOf(key, `signing key ${key.kid}`), alg: key.alg };
    const published = await this.readPublicKey(key, reference);
    await assertPublishes(key, published);
    const signingKey = new DelegatedSigningKey(key, (data) => this.sign(reference, data));
    await assertPossession(signingKey, key);
    this.opened.set(key.privateKeyUri, reference);
    return signingKey;
  }

  async destroy(key: StoredPrivateKey): Promise<void> {
    const id = this.idOf(key, 'a signing key');
    this.opened.delete(key.privateKeyUri);
    await this.token.call({ operation: 'destroy', id });
    if (key.privateKeyUri !== null) await this.looseKeys.forget(key.privateKeyUri);
  }

  async assertAvailable(): Promise<void> {
    await this.token.available();
  }

  /**
   * Has the token sign something. A key that another replica destroyed does not count.
   *
   * @throws SigningUnavailableError while no key signs.
   */
  async assertSigns(): Promise<void> {
    let fault: unknown;
    for (const reference of [...this.opened.values()].toReversed()) {
      try {
        await this.sign(reference, randomBytes(ID_BYTES));
        return;
      } catch (error) {
        fault ??= error;
      }
    }
    if (fault !== undefined) throw fault;
  }

  private async sign(key: KeyReference, data: Uint8Array): Promise<Uint8Array> {
    return Buffer.from(await this.token.call({ operation: 'sign', key, data }));
  }

  private async generate(key: KeyReference): Promise<JWK> {
    try {
      return await this.token.call({ operation: 'generate', key });
    } catch (error) {
      if (!(error instanceof TokenFault)) throw error;
      throw new ConfigurationError([
        `the PKCS#11 token ${this.token.label} makes no key for ${key.alg} (${error.fault})`,
      ]);
    }
  }

  private async readPublicKey(stored: StoredKey, key: KeyReference): Promise<JWK> {
    try {
      return await this.token.call({ operation: 'readPublicKey', key });
    } catch (error) {
      if (!(error instanceof SigningUnavailableError && error.message.includes(FAULTS.keyNotFound)))
        throw error;
      throw new ConfigurationError([
        `signing key ${stored.kid}: the PKCS#11 token ${this.token.label} has no such key for ${stored.alg}`,
      ]);
    }
  }

  private idOf({ privateKeyUri }: StoredPrivateKey, what: string): Buffer {
    const address = parsePkcs11Uri(privateKeyUri ?? '');
    if (address === undefined) throw new ConfigurationError([`${what}: its row was altered`]);
    if (address.token === this.token.label) return address.id;
    throw new ConfigurationError([
      `${what} is in the PKCS#11 token ${address.token}, and PKCS11_TOKEN_LABEL is ${this.token.label}`,
    ]);
  }
}

/**
 * A public key in a token says nothing of the private one beside it. The `typ` keeps the signature from being one of
 * any token (RFC 8725 §3.11).
 */
async function assertPossession(
  signingKey: ExternalSigningKey,
  { kid, alg, publicJwk }: StoredKey,
): Promise<void> {
  const header = base64url.encode(JSON.stringify({ alg, typ: 'proof-of-possession' }));
  const input = `${header}.${base64url.encode(randomBytes(ID_BYTES))}`;
  try {
    const signature = await signingKey.sign(Buffer.from(input));
    await compactVerify(`${input}.${base64url.encode(signature)}`, publicJwk, { algorithms: [alg] });
  } catch (error) {
    if (error instanceof SigningUnavailableError) throw error;
    throw new ConfigurationError([`signing key ${kid}: the PKCS#11 token does not sign with it for ${alg}`]);
  }
}
