import type { TokenSource } from '../access/access-decision.js';
import { AuthError } from '../auth-error.js';
import { MAX_TOKEN_LENGTH, parseCompactJws, type CompactJws } from '../jose/compact-jws.js';
import { checkHeader, type CheckedHeader } from '../jose/header-checks.js';
import type { KeyStore } from '../jose/key-store.js';
import { verifySignature, type SignatureAlgorithm } from '../jose/signature-algorithm.js';
import { parseStrictJson } from '../jose/strict-json.js';
import type { VerificationKey } from '../jose/verification-key.js';
import type { Principal } from '../principal.js';
import type { Sender } from '../sender/sender.js';
import { assertIssuer } from './claims-checks.js';
import { validateClaims, type ClaimsValidation } from './validate-claims.js';
import type { VerifiedTokens } from './verified-tokens.js';

export interface AccessTokenVerifierOptions extends ClaimsValidation {
  readonly algorithms: readonly SignatureAlgorithm[];
  readonly keys: Pick<KeyStore, 'find'>;
  /** Tokens whose signature need not be verified again; null verifies each one each time. */
  readonly verified: VerifiedTokens | null;
}

/** An access token on its way: what comes before the signature is in order; nothing it says is trusted. */
export interface UnverifiedAccessToken {
  /** What `verify` goes by. */
  readonly source: TokenSource;
  /** Verifies the signature, unless that was done before, the claims and the sender. @throws AuthError */
  verify(sender: Sender): Promise<Principal>;
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
 * | `iss`, `aud`, `exp`, `nbf`, `iat`, `sub`, `client_id`, `jti`, `scope`, `roles`, `act`, `cnf` | `access-token/validate-claims.ts` |
 * | whether its session or grant, a subject, an actor or a client of it has been revoked | `revocation/revocations.ts` |
 * | the sender: a proof by the key, or the certificate, that the token is bound to | `sender/confirmation.ts` |
 *
 * A token that was accepted before (`access-token/verified-tokens.ts`) is spared what cannot have changed, its form and
 * its signature, and nothing else.
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
    return (await this.recall(token)) ?? this.read(token);
  }

  /** Verifies a token from end to end. @throws AuthError */
  async verify(token: string, sender: Sender): Promise<Principal> {
    return (await this.prepare(token)).verify(sender);
  }

  /** A token that was accepted before, if the key that verified it is the issuer's still. */
  private async recall(token: string): Promise<UnverifiedAccessToken | undefined> {
    if (token.length > MAX_TOKEN_LENGTH) return undefined; // it was not accepted before, and is not worth a digest
    const known = this.options.verified?.find(token);
    if (known === undefined) return undefined;
    this.options.revocations?.assertKnown();
    if (!isSameKey(await this.options.keys.find(known.key.kid), known.key)) return undefined;
    return { source: 'cache', verify: (sender) => validateClaims(known.claims, this.options, sender) };
  }

  private async read(token: string): Promise<UnverifiedAccessToken> {
    const jws = parseCompactJws(token);
    const header = checkHeader(jws.header, { algorithms: this.options.algorithms, type: 'at+jwt' });
    const claims = parseStrictJson(jws.payload);
    assertIssuer(claims, this.options);
    this.options.revocations?.assertKnown();
    const key = await this.options.keys.find(header.kid);
    return {
      source: 'signature',
      verify: async (sender) => {
        assertSignature(jws, header, key);
        const principal = await validateClaims(claims, this.options, sender);
        this.options.verified?.add(token, { claims, key });
        return principal;
      },
    };
  }
}

function assertSignature(jws: CompactJws, header: CheckedHeader, key: VerificationKey): void {
  // A key is for one algorithm: RSA with PSS must not be verified by a key for PKCS#1 v1.5 (RFC 8725 §3.1).
  if (key.algorithm !== header.algorithm) {
    throw new AuthError('algorithm_refused', 'the alg of the token is not the alg of its key');
  }
  if (!verifySignature(key.algorithm, key.key, jws.signingInput, jws.signature)) {
    throw new AuthError('signature_invalid', 'the signature is not of the key');
  }
}

/** A `kid` may come back with another key, or with another `alg`: what the old one verified says nothing of the new. */
function isSameKey(one: VerificationKey, other: VerificationKey): boolean {
  return one === other || (one.algorithm === other.algorithm && one.key.equals(other.key));
}
