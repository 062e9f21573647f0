import { decodeJwt } from 'jose';
import { errors, type Configuration } from 'oidc-provider';

/** How old a proof may be, and how far ahead of our clock (RFC 9449 §11.1). */
const PROOF_AGE_SECONDS = 300;
const PROOF_AHEAD_SECONDS = 60;

type DpopFeature = NonNullable<NonNullable<Configuration['features']>['dPoP']>;

/**
 * DPoP (RFC 9449): tokens that are good only together with a key of the client. Every proof carries a nonce of ours, so
 * that none can be made in advance (§8, §11.2).
 *
 * @param nonceSecret 32 bytes, the same at every replica
 */
export function dpop(nonceSecret: Buffer): DpopFeature {
  return {
    enabled: true,
    nonceSecret,
    // oidc-provider asks this once a proof is there, and does not look at `iat` when the proof has a nonce.
    requireNonce: (ctx) => {
      assertRecent(ctx.get('DPoP'), Date.now() / 1_000);
      return true;
    },
  };
}

/** Reads the proof before its signature is checked, which can only refuse it earlier. */
function assertRecent(proof: string, now: number): void {
  const iat = issuedAt(proof);
  if (iat === undefined) return; // oidc-provider says what is wrong with it
  if (iat < now - PROOF_AGE_SECONDS || iat > now + PROOF_AHEAD_SECONDS)
    throw new errors.InvalidDpopProof('DPoP proof iat is not recent enough');
}

function issuedAt(proof: string): number | undefined {
  try {
    return decodeJwt(proof).iat;
  } catch {
    return undefined;
  }
}
