import { AuthError } from '../auth-error.js';
import { assertIssuer } from '../access-token/claims-checks.js';
import { parseCompactJws } from '../jose/compact-jws.js';
import { checkHeader } from '../jose/header-checks.js';
import type { KeyStore } from '../jose/key-store.js';
import { SIGNATURE_ALGORITHMS, verifySignature } from '../jose/signature-algorithm.js';
import { parseStrictJson } from '../jose/strict-json.js';
import type { VerificationKey } from '../jose/verification-key.js';
import { readSecurityEvent, type SecurityEvent } from './security-event.js';

export interface SecurityEventTokenVerifierOptions {
  readonly issuer: string;
  /** `aud`: the `client_id` of this receiver. */
  readonly audience: string;
  readonly keys: Pick<KeyStore, 'find' | 'reload'>;
}

/** Verifies Security Event Tokens (RFC 8417) that one issuer made for this receiver. */
export class SecurityEventTokenVerifier {
  constructor(private readonly options: SecurityEventTokenVerifierOptions) {}

  /**
   * @param jti under which the token was delivered (RFC 8936 §2.3)
   * @throws AuthError for a token that is refused, or `keys_unavailable` when the issuer's keys cannot be had
   */
  async verify(token: string, jti: string): Promise<SecurityEvent> {
    const { issuer, audience } = this.options;
    const jws = parseCompactJws(token);
    // The type keeps any other token of the issuer from passing for an event (RFC 8417 §2.3).
    const header = checkHeader(jws.header, { algorithms: SIGNATURE_ALGORITHMS, type: 'secevent+jwt' });
    const claims = parseStrictJson(jws.payload);
    assertIssuer(claims, { issuer });
    const key = await this.findKey(header.kid);
    if (key.algorithm !== header.algorithm) {
      throw new AuthError('algorithm_refused', 'the alg of the token is not the alg of its key');
    }
    if (!verifySignature(key.algorithm, key.key, jws.signingInput, jws.signature)) {
      throw new AuthError('signature_invalid', 'the signature is not of the key');
    }
    const { aud } = claims;
    if (aud !== audience && !(Array.isArray(aud) && aud.includes(audience))) {
      throw new AuthError('audience_mismatch', 'the aud is not this receiver');
    }
    if (claims['jti'] !== jti) throw new AuthError('claims_malformed', 'the jti is not that of the delivery');
    return readSecurityEvent(claims, issuer);
  }

  /** The answer to a poll comes from the issuer: a `kid` that is not known is a new key, and worth a fetch at once. */
  private async findKey(kid: string): Promise<VerificationKey> {
    const { keys } = this.options;
    try {
      return await keys.find(kid);
    } catch (error) {
      if (!(error instanceof AuthError) || error.code !== 'key_unknown') throw error;
    }
    await keys.reload();
    return keys.find(kid);
  }
}
