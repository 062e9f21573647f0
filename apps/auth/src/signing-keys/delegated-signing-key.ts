import { createPublicKey, type KeyObject } from 'node:crypto';
import { ExternalSigningKey } from 'oidc-provider';
import type { StoredKey } from './private-key-store.js';
import { SigningUnavailableError } from './signing-unavailable-error.js';

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
