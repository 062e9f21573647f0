/**
 * Seconds for which a verifier may cache the JWKS (`Cache-Control: max-age`). A key has to be announced for longer
 * than this before it signs, or a verifier meets a `kid` that it cannot know yet.
 */
export const JWKS_MAX_AGE_SECONDS = 300;

/** JWS algorithms that a key of the ring can have; EdDSA with Ed25519 (RFC 8037 §3.1). */
export type SigningAlgorithm = 'RS256' | 'PS256' | 'ES256' | 'EdDSA';

/** Those that have a key from the first start on. */
export const SIGNING_ALGORITHMS = ['RS256', 'ES256'] as const satisfies readonly SigningAlgorithm[];

/**
 * `announced`: in the JWKS, not signing yet. `signing`: signs new tokens, one key for each algorithm. `retired`: in
 * the JWKS until the last token that it signed has expired. `revoked`: out of the JWKS at once.
 */
export type SigningKeyState = 'announced' | 'signing' | 'retired' | 'revoked';

export interface RingKey {
  /** RFC 7638 thumbprint of the public key. */
  readonly kid: string;
  readonly alg: SigningAlgorithm;
  readonly state: SigningKeyState;
  readonly createdAt: Date;
}

/** oidc-provider signs with the first key of the JWKS that fits an algorithm: the order decides who signs. */
const JWKS_ORDER: readonly SigningKeyState[] = ['signing', 'announced', 'retired'];

/** The issuer's keys and what each may do. */
export class KeyRing<Key extends RingKey> {
  private constructor(private readonly keys: readonly Key[]) {}

  /**
   * @throws TypeError when two keys sign for one algorithm or share a `kid`: which of them made a token could then
   * depend on the order of rows.
   */
  static of<Key extends RingKey>(keys: readonly Key[]): KeyRing<Key> {
    const signing = keys.filter((key) => key.state === 'signing').map((key) => key.alg);
    if (new Set(signing).size < signing.length) throw new TypeError('two keys sign for one algorithm');
    if (new Set(keys.map((key) => key.kid)).size < keys.length) throw new TypeError('two keys share a kid');
    return new KeyRing(keys);
  }

  /** Algorithms of `wanted` for which no key signs. */
  missing(wanted: readonly SigningAlgorithm[]): readonly SigningAlgorithm[] {
    return wanted.filter((alg) => this.signingKey(alg) === undefined);
  }

  /** The key that signs new tokens with `alg`. */
  signingKey(alg: SigningAlgorithm): Key | undefined {
    return this.keys.find((key) => key.alg === alg && key.state === 'signing');
  }

  /** The keys of the JWKS, those that sign before the others, the newest first. A revoked key is never among them. */
  published(): readonly Key[] {
    return JWKS_ORDER.flatMap((state) =>
      this.keys
        .filter((key) => key.state === state)
        .toSorted((a, b) => b.createdAt.getTime() - a.createdAt.getTime()),
    );
  }
}
