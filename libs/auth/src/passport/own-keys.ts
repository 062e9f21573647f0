import { AuthError } from '../auth-error.js';
import { isJsonObject } from '../jose/strict-json.js';
import { importVerificationKey, type VerificationKey } from '../jose/verification-key.js';

/** What an issuer that verifies its own tokens has to tell: the members of its JWKS, as of now. */
export interface PublishedKeys {
  publishedKeys(): readonly unknown[];
}

/**
 * The keys of an issuer in its own process. They are asked for with every token and never kept: a key that has left
 * the ring verifies nothing from that moment on.
 */
export class OwnKeys {
  constructor(private readonly source: PublishedKeys) {}

  /**
   * Finds a key by its `kid`.
   *
   * @throws AuthError `key_unknown`
   */
  async find(kid: string): Promise<VerificationKey> {
    const jwk = this.source.publishedKeys().find((key) => isJsonObject(key) && key['kid'] === kid);
    if (jwk === undefined) throw new AuthError('key_unknown', 'no key of our own has the kid of the token');
    return importVerificationKey(jwk);
  }
}
