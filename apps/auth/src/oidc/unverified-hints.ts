import { compactVerify, createLocalJWKSet, decodeJwt, errors as joseErrors, type JWK } from 'jose';
import type Provider from 'oidc-provider';
import type { KoaContextWithOIDC } from 'oidc-provider';
import { SIGNING_ALGORITHMS } from '../signing-keys/key-ring.js';

export interface HintIssuer {
  readonly issuer: string;
  /** The public keys of the ring and those that left it, but for the revoked ones. */
  readonly keys: readonly JWK[];
}

/**
 * A logout whose `id_token_hint` does not verify goes on as one without it: what failed to validate is not used
 * (RP-Initiated Logout §4), the person is asked, and a `post_logout_redirect_uri` counts only with a `client_id`.
 * An error would leave them logged in, because of a key that was revoked since, an ID token that is too old, or a client
 * that is gone or has its ID tokens signed otherwise by now.
 */
export function leaveOutUnverifiedHints(provider: Provider, issuer: HintIssuer): void {
  const findKey = createLocalJWKSet({ keys: [...issuer.keys] });
  provider.use(async (ctx: KoaContextWithOIDC, next) => {
    const { id_token_hint: hint, ...others } = ctx.query;
    // A parameter that comes twice is an error of its own.
    if (ctx.path === '/logout' && typeof hint === 'string' && !(await isOurs(hint))) ctx.query = others;
    await next();
  });

  /** Expired or not (RP-Initiated Logout §2): the session may still be there. */
  async function isOurs(hint: string): Promise<boolean> {
    try {
      const { protectedHeader } = await compactVerify(hint, findKey, { algorithms: [...SIGNING_ALGORITHMS] });
      const { iss, aud } = decodeJwt(hint);
      // No other kind of our tokens passes for an ID token, which has no `typ` (RFC 8725 §3.11).
      if (protectedHeader.typ !== undefined || iss !== issuer.issuer || typeof aud !== 'string') return false;
      return await isSignedFor(aud, protectedHeader.alg);
    } catch (error) {
      if (error instanceof joseErrors.JOSEError || error instanceof TypeError) return false;
      throw error;
    }
  }

  async function isSignedFor(clientId: string, alg: string): Promise<boolean> {
    try {
      const client = await provider.Client.find(clientId);
      return client?.idTokenSignedResponseAlg === alg;
    } catch {
      // The endpoint looks the client up as well, and answers what is at fault.
      return true;
    }
  }
}
