import type { JsonObject } from '../jose/strict-json.js';
import type { Principal } from '../principal.js';
import type { RevocationCheck } from '../revocation/revocations.js';
import { confirmSender, parseConfirmation } from '../sender/confirmation.js';
import type { Sender } from '../sender/sender.js';
import {
  assertAudience,
  assertIssuer,
  assertTimes,
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
 * @param sender who presents the token; null for claims that are to be kept until somebody does
 * @throws AuthError
 */
export async function validateClaims(
  claims: JsonObject,
  rules: ClaimsValidation,
  sender: Sender | null,
): Promise<Principal> {
  assertIssuer(claims, rules);
  assertAudience(claims, rules);
  assertTimes(claims, rules, rules.now() / 1_000);
  const principal = {
    issuer: rules.issuer,
    subject: requireIdentifier(claims, 'sub'),
    clientId: requireIdentifier(claims, 'client_id'),
    scopes: parseScopes(claims),
    roles: parseRoles(claims['roles']),
    tokenId: requireIdentifier(claims, 'jti'),
    actors: parseActors(claims),
    confirmation: parseConfirmation(claims),
  };
  await rules.revocations?.assertNotRevoked(claims);
  if (sender !== null) await confirmSender(principal.confirmation, sender);
  return principal;
}
