import type { JsonObject } from '../jose/strict-json.js';
import type { Principal } from '../principal.js';
import type { RevocationCheck } from '../revocation/revocations.js';
import {
  assertAudience,
  assertIssuer,
  assertTimes,
  assertUnbound,
  parseActors,
  parseRoles,
  parseScopes,
  requireIdentifier,
  type ClaimsRules,
} from './claims-checks.js';

export interface ClaimsValidation extends ClaimsRules {
  /** What the issuer has revoked; null where it is not heard, and a token counts until it expires. */
  readonly revocations: RevocationCheck | null;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/**
 * The rules of an access token, of whatever kind.
 *
 * @param claims that are the issuer's own: under its signature, or in its answer to an introspection
 * @throws AuthError
 */
export async function validateClaims(claims: JsonObject, rules: ClaimsValidation): Promise<Principal> {
  assertIssuer(claims, rules);
  assertAudience(claims, rules);
  assertTimes(claims, rules, rules.now() / 1_000);
  assertUnbound(claims);
  const principal = {
    issuer: rules.issuer,
    subject: requireIdentifier(claims, 'sub'),
    clientId: requireIdentifier(claims, 'client_id'),
    scopes: parseScopes(claims),
    roles: parseRoles(claims['roles']),
    tokenId: requireIdentifier(claims, 'jti'),
    actors: parseActors(claims),
  };
  await rules.revocations?.assertNotRevoked(claims);
  return principal;
}
