import { createPublicKey, type KeyObject } from 'node:crypto';
import { ExternalSigningKey } from 'oidc-provider';
import type { SigningAlgorithm } from './key-ring.js';
import type { StoredKey } from './private-key-store.js';
import { SigningUnavailableError } from './signing-unavailable-error.js';

const KEY_TYPES: Readonly<Record<SigningAlgorithm, { readonly kty: string; readonly crv?: string }>> = {
  RS256: { kty: 'RSA' },
  PS256: { kty: 'RSA' },
  ES256: { kty: 'EC', crv: 'P-256' },
  EdDSA: { kty: 'OKP', crv: 'Ed25519' },
};
/** oidc-provider wants the numbers of a public key to be there, and reads them when it publishes them, which it does not. */
const NO_NUMBER = 'missing';

/** A key as oidc-provider is given it without its private half: what verifies, and whom to ask for a signature. */
export class DelegatedSigningKey extends ExternalSigningKey {
  private readonly publicKey: KeyObject;

  constructor(
    private readonly key: Pick<StoredKey, 'kid' | 'alg' | 'publicJwk'>,
    override readonly sign: (data: Uint8Array) => Promise<Uint8Array>,
  ) {
    super();
    this.publicKey = createPublicKey({ key: key.publicJwk, format: 'jwk' });
  }

  override get kid(): string {
    return this.key.kid;
  }

  override get alg(): string {
    return this.key.alg;
  }

  override keyObject(): KeyObject {
    return this.publicKey;
  }
}

/**
 * A retired key, with which an `id_token_hint` is verified. oidc-provider signs with the first key that fits: without
 * one that signs that would be this one, whose tokens would outlive it in the JWKS.
 */
export function verifyingKey(key: Pick<StoredKey, 'kid' | 'alg' | 'publicJwk'>): ExternalSigningKey {
  return new DelegatedSigningKey(key, () =>
    Promise.reject(new SigningUnavailableError(`no key signs with ${key.alg}: ${key.kid} is retired`)),
  );
}

/**
 * Stands where the key of an algorithm is missing, as between a revocation and the next key: oidc-provider refuses every
 * request of a client that is registered for an algorithm of which it has no key, a logout among them. It verifies
 * nothing and signs nothing.
 */
export class MissingKey extends ExternalSigningKey {
  constructor(private readonly missing: SigningAlgorithm) {
    super();
  }

  override get kid(): string {
    return `missing ${this.missing}`;
  }

  override get alg(): string {
    return this.missing;
  }

  override get kty(): string {
    return KEY_TYPES[this.missing].kty;
  }

  override get crv(): string | undefined {
    return KEY_TYPES[this.missing].crv;
  }

  override get n(): string {
    return NO_NUMBER;
  }

  override get e(): string {
    return NO_NUMBER;
  }

  override get x(): string {
    return NO_NUMBER;
  }

  override get y(): string {
    return NO_NUMBER;
  }

  override get pub(): undefined {
    return undefined;
  }

  override keyObject(): never {
    throw new SigningUnavailableError(`no key verifies ${this.missing} at the moment`);
  }

  override sign(): Promise<never> {
    return Promise.reject(new SigningUnavailableError(`no key signs with ${this.missing} at the moment`));
  }
}
