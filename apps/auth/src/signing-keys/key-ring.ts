/** JWS algorithms that the issuer can have keys for; the setting of the same name says which it has. */
export const SIGNING_ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA'] as const;

export type SigningAlgorithm = (typeof SIGNING_ALGORITHMS)[number];

/**
 * `announced`: in the JWKS, not signing yet. `signing`: signs new tokens, one key for each algorithm. `retired`: in
 * the JWKS until the last token that it signed has expired, then deleted. `revoked`: out of the JWKS at once.
 */
export type SigningKeyState = 'announced' | 'signing' | 'retired' | 'revoked';

export interface RingKey {
  /** RFC 7638 thumbprint of the public key. */
  readonly kid: string;
  readonly alg: SigningAlgorithm;
  readonly state: SigningKeyState;
  readonly createdAt: Date;
  /** Since when it is in the JWKS. */
  readonly announcedAt: Date;
  readonly signingSince: Date | null;
  readonly retiredAt: Date | null;
  readonly revokedAt: Date | null;
}

const JWKS_ORDER: readonly SigningKeyState[] = ['signing', 'announced', 'retired'];

/** The issuer's keys and what each may do. */
export class KeyRing<Key extends RingKey> {
  private constructor(readonly keys: readonly Key[]) {}

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

  /** Says which keys there are and what each may do: rings of one version are the same. */
  get version(): string {
    return this.keys
      .map(({ kid, state }) => `${kid} ${state}`)
      .toSorted()
      .join('\n');
  }

  find(kid: string): Key | undefined {
    return this.keys.find((key) => key.kid === kid);
  }

  /** The key that signs new tokens with `alg`. */
  signingKey(alg: SigningAlgorithm): Key | undefined {
    return this.keys.find((key) => key.alg === alg && key.state === 'signing');
  }

  /** The announced key that signs with `alg` next: the one that verifiers have known for longest. */
  successor(alg: SigningAlgorithm): Key | undefined {
    return this.keys
      .filter((key) => key.alg === alg && key.state === 'announced')
      .toSorted((a, b) => a.announcedAt.getTime() - b.announcedAt.getTime())[0];
  }

  /**
   * Whether the key that signed with `alg` was revoked and none has followed it yet: the next one signs at once,
   * whoever knows it. An algorithm whose last key was retired, or that never had one, can wait.
   */
  isBereaved(alg: SigningAlgorithm): boolean {
    if (this.signingKey(alg) !== undefined) return false;
    const stoppedAt = ({ retiredAt, revokedAt }: Key) => (retiredAt ?? revokedAt)?.getTime() ?? 0;
    const [last] = this.keys
      .filter((key) => key.alg === alg && key.signingSince !== null)
      .toSorted((a, b) => stoppedAt(b) - stoppedAt(a));
    return last?.state === 'revoked' && last.retiredAt === null;
  }

  /** Algorithms with which a token can be signed now. */
  signingAlgorithms(): readonly SigningAlgorithm[] {
    return SIGNING_ALGORITHMS.filter((alg) => this.signingKey(alg) !== undefined);
  }

  /** Algorithms of `wanted` that have neither a key that signs nor one that waits for it. */
  missing(wanted: readonly SigningAlgorithm[]): readonly SigningAlgorithm[] {
    return wanted.filter((alg) => (this.signingKey(alg) ?? this.successor(alg)) === undefined);
  }

  /** The keys of the JWKS, those that sign before the others, the newest first. A revoked key is never among them. */
  published(): readonly Key[] {
    return this.inStates(JWKS_ORDER);
  }

  /**
   * The keys that sign, then those that did: what oidc-provider may use. It signs with the first that fits an
   * algorithm. An announced key is not among them, and so cannot sign before its time.
   */
  signers(): readonly Key[] {
    return this.inStates(['signing', 'retired']);
  }

  private inStates(states: readonly SigningKeyState[]): readonly Key[] {
    return states.flatMap((state) =>
      this.keys
        .filter((key) => key.state === state)
        .toSorted((a, b) => b.announcedAt.getTime() - a.announcedAt.getTime()),
    );
  }
}
