import { AuthError } from '../auth-error.js';
import { parseCompactJws, type CompactJws } from '../jose/compact-jws.js';
import { checkHeader, type CheckedHeader } from '../jose/header-checks.js';
import type { KeyStore } from '../jose/key-store.js';
import { verifySignature, type SignatureAlgorithm } from '../jose/signature-algorithm.js';
import { parseStrictJson, type JsonObject } from '../jose/strict-json.js';
import type { VerificationKey } from '../jose/verification-key.js';
import type { Principal } from '../principal.js';
import { assertIssuer } from './claims-checks.js';
import { validateClaims, type ClaimsValidation } from './validate-claims.js';

export interface AccessTokenVerifierOptions extends ClaimsValidation {
  readonly algorithms: readonly SignatureAlgorithm[];
  readonly keys: Pick<KeyStore, 'find'>;
}

/**
 * Verifies JWT access tokens (RFC 9068 §4) of one issuer. The checks, in order:
 *
 * | check | file |
 * | --- | --- |
 * | length, compact form, canonical base64url, strict JSON | `jose/compact-jws.ts` |
 * | no key and no extension in the header, `typ`, `alg`, shape of `kid` | `jose/header-checks.ts` |
 * | `iss`, before any key | `access-token/claims-checks.ts` |
 * | the key by `kid`, whose own `alg` is the header's | `jose/key-store.ts`, here |
 * | the signature | `jose/signature-algorithm.ts` |
 * | `iss`, `aud`, `exp`, `nbf`, `iat`, `cnf`, `sub`, `client_id`, `jti`, `scope`, `roles`, `act` | `access-token/validate-claims.ts` |
 * | whether its session or grant, a subject, an actor or a client of it has been revoked | `revocation/revocations.ts` |
 */
export class AccessTokenVerifier {
  constructor(private readonly options: AccessTokenVerifierOptions) {
    if (options.algorithms.length === 0) throw new TypeError('algorithms must name at least one');
    if (options.issuer === '' || options.audience === '')
      throw new TypeError('issuer and audience must be set');
  }

  /**
   * Does all that comes before the signature, and finds the key. What it returns is not trusted.
   *
   * @throws AuthError for a token that is refused, or `keys_unavailable` for an outage of the issuer
   */
  async prepare(token: string): Promise<UnverifiedAccessToken> {
    const jws = parseCompactJws(token);
    const header = checkHeader(jws.header, { algorithms: this.options.algorithms, type: 'at+jwt' });
    const claims = parseStrictJson(jws.payload);
    assertIssuer(claims, this.options);
    this.options.revocations?.assertKnown();
    const key = await this.options.keys.find(header.kid);
    return new UnverifiedAccessToken(jws, header, claims, key, this.options);
  }

  /** Verifies a token from end to end. @throws AuthError */
  async verify(token: string): Promise<Principal> {
    return (await this.prepare(token)).verify();
  }
}

/** An access token on its way: its header is in order and its key is found; nothing it says is trusted. */
export class UnverifiedAccessToken {
  constructor(
    private readonly jws: CompactJws,
    private readonly header: CheckedHeader,
    private readonly claims: JsonObject,
    private readonly key: VerificationKey,
    private readonly options: AccessTokenVerifierOptions,
  ) {}

  /** Verifies the signature and the claims. @throws AuthError */
  async verify(): Promise<Principal> {
    this.assertSignature();
    return validateClaims(this.claims, this.options);
  }

  private assertSignature(): void {
    const { jws, header, key } = this;
    // A key is for one algorithm: RSA with PSS must not be verified by a key for PKCS#1 v1.5 (RFC 8725 §3.1).
    if (key.algorithm !== header.algorithm) {
      throw new AuthError('algorithm_refused', 'the alg of the token is not the alg of its key');
    }
    if (!verifySignature(key.algorithm, key.key, jws.signingInput, jws.signature)) {
      throw new AuthError('signature_invalid', 'the signature is not of the key');
    }
  }
}
