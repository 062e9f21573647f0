import type { AccessTokenVerifier } from '../access-token/access-token-verifier.js';
import type { TokenSource } from '../access/access-decision.js';
import type { OpaqueTokenVerifier } from '../introspection/opaque-token-verifier.js';
import type { Principal } from '../principal.js';
import type { Sender } from '../sender/sender.js';

/** An access token on its way from passport-jwt's key provider to its verifier; nothing it says is trusted. */
export class PreparedToken {
  constructor(
    readonly source: TokenSource,
    readonly verify: () => Promise<Principal>,
  ) {}
}

/**
 * Access tokens of the kinds that are configured for the issuer. The form decides, and once: a token with a dot is a
 * JWT. One that fails is not tried as a handle, or a forger could have every forgery of his sent to the issuer.
 */
export class AccessTokens {
  constructor(
    private readonly jwts: Pick<AccessTokenVerifier, 'prepare'>,
    /** Null where opaque tokens are refused. */
    private readonly handles: Pick<OpaqueTokenVerifier, 'verify'> | null,
  ) {}

  /** @throws AuthError */
  async prepare(token: string, sender: Sender): Promise<PreparedToken> {
    const { handles } = this;
    if (handles !== null && !token.includes('.')) {
      return new PreparedToken('introspection', () => handles.verify(token, sender));
    }
    const unverified = await this.jwts.prepare(token);
    return new PreparedToken(unverified.source, () => unverified.verify(sender));
  }
}
