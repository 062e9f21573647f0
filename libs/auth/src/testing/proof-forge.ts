import { createHash, randomUUID } from 'node:crypto';
import { thumbprint } from '../jose/thumbprint.js';
import { forgeKey, type ForgedAlgorithmName, type ForgedKey } from './forged-key.js';
import { signCompact } from './token-forge.js';

type Members = Readonly<Record<string, unknown>>;

/** The request that a proof is for. */
export interface ProofRequest {
  readonly method: string;
  /** As the client calls it, with or without query. */
  readonly uri: string;
  readonly accessToken: string;
  readonly nonce?: string | undefined;
}

/** What a proof has beside the accepted one's members; `undefined` leaves a member out. */
export interface ProofDeviation {
  readonly header?: Members;
  readonly claims?: Members;
  /** Who signs, in place of the key that the header shows. */
  readonly signer?: ForgedKey;
}

/** A client's key, and the DPoP proofs (RFC 9449 §4.2) that it makes: the accepted kind and every other. */
export class ProofForge {
  readonly key: ForgedKey;
  /** `jkt` of tokens that are bound to the key. */
  readonly thumbprint: string;

  constructor(
    /** Milliseconds since the epoch. */
    private readonly now: () => number,
    algorithm: ForgedAlgorithmName = 'ES256',
  ) {
    this.key = forgeKey(algorithm);
    this.thumbprint = thumbprint(this.key.publicJwk);
  }

  /** A proof that is accepted, but for the deviation. */
  proof(request: ProofRequest, { header = {}, claims = {}, signer = this.key }: ProofDeviation = {}): string {
    return signCompact(
      { ...this.header(), ...header },
      JSON.stringify({ ...this.claims(request), ...claims }),
      signer,
    );
  }

  header(): Members {
    const { kty, crv, x, y, n, e } = this.key.publicJwk;
    return { alg: this.key.algorithm, typ: 'dpop+jwt', jwk: { kty, crv, x, y, n, e } };
  }

  claims({ method, uri, accessToken, nonce }: ProofRequest): Members {
    return {
      jti: randomUUID(),
      htm: method,
      htu: uri,
      iat: Math.floor(this.now() / 1_000),
      ath: createHash('sha256').update(accessToken).digest('base64url'),
      nonce,
    };
  }
}
