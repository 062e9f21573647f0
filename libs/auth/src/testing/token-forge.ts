import { createHmac, randomUUID, type JsonWebKey } from 'node:crypto';
import { forgeKey, forgeSignature, type ForgedAlgorithmName, type ForgedKey } from './forged-key.js';

export interface TokenForgeOptions {
  readonly issuer: string;
  readonly audience: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

type Members = Readonly<Record<string, unknown>>;

/** What a token has beside the accepted one's members; `undefined` leaves a member out. */
export interface Deviation {
  readonly header?: Members;
  readonly claims?: Members;
  readonly key?: ForgedKey;
}

const LIFETIME_SECONDS = 300;

/**
 * Makes access tokens with real keys and real signatures, the accepted kind and every other: for tests of whatever
 * verifies them. It is an issuer without any protection; keep it out of production code.
 */
export class TokenForge {
  readonly key: ForgedKey;
  private readonly published: JsonWebKey[] = [];
  private readonly keys = new Map<ForgedAlgorithmName, ForgedKey>();

  constructor(
    readonly options: TokenForgeOptions,
    algorithm: ForgedAlgorithmName = 'RS256',
  ) {
    this.key = this.addKey(algorithm);
  }

  /** Makes a key and publishes it in the JWKS. */
  addKey(algorithm: ForgedAlgorithmName): ForgedKey {
    const key = forgeKey(algorithm);
    this.publish(key.publicJwk);
    this.keys.set(algorithm, key);
    return key;
  }

  /** The key that was last published for an algorithm, or a new one. */
  publishedKey(algorithm: ForgedAlgorithmName): ForgedKey {
    return this.keys.get(algorithm) ?? this.addKey(algorithm);
  }

  /** Publishes any JWK, also one that no verifier should use. */
  publish(jwk: JsonWebKey): void {
    this.published.push(jwk);
  }

  jwks(): { readonly keys: readonly JsonWebKey[] } {
    return { keys: this.published };
  }

  /** An access token that is accepted (RFC 9068), but for the deviation. */
  accessToken({ header = {}, claims = {}, key = this.key }: Deviation = {}): string {
    return signCompact(
      { ...this.header(key), ...header },
      JSON.stringify({ ...this.claims(), ...claims }),
      key,
    );
  }

  header(key: ForgedKey = this.key): Members {
    return { alg: key.algorithm, typ: 'at+jwt', kid: key.kid };
  }

  claims(): Members {
    const iat = Math.floor(this.options.now() / 1_000);
    return {
      iss: this.options.issuer,
      aud: this.options.audience,
      sub: randomUUID(),
      client_id: 'forge',
      jti: randomUUID(),
      iat,
      exp: iat + LIFETIME_SECONDS,
      scope: 'orders:read orders:write payments:read payments:write',
      roles: ['customer'],
    };
  }
}

/** Signs header and payload as they are, whatever the header says: both texts are the caller's own. */
export function signCompact(
  header: Members | string,
  payload: string | Uint8Array,
  key: ForgedKey,
  algorithm?: ForgedAlgorithmName,
): string {
  const signingInput = encodeParts(header, payload);
  return `${signingInput}.${encode(forgeSignature(signingInput, key, algorithm))}`;
}

/** The algorithm confusion attack: an HMAC whose secret is something public. */
export function signHmac(
  header: Members,
  payload: string,
  secret: string | Buffer,
  digest: 'sha256' | 'sha384' | 'sha512' = 'sha256',
): string {
  const signingInput = encodeParts(header, payload);
  return `${signingInput}.${createHmac(digest, secret).update(signingInput).digest('base64url')}`;
}

/** The first two parts of a compact JWS. */
export function encodeParts(header: Members | string, payload: string | Uint8Array): string {
  return `${encode(typeof header === 'string' ? header : JSON.stringify(header))}.${encode(payload)}`;
}

export function encode(part: string | Uint8Array): string {
  return Buffer.from(part).toString('base64url');
}
