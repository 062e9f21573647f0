import { AuthError } from '../auth-error.js';
import { isJsonObject, type JsonObject } from '../jose/strict-json.js';

/** What an access token's claims are held against. */
export interface ClaimsRules {
  /** The issuer whose key verified the signature. */
  readonly issuer: string;
  /** This API's resource identifier. */
  readonly audience: string;
  /** Clock skew that is forgiven, in seconds. */
  readonly clockToleranceSeconds: number;
  /** Longest `exp` − `iat` that is accepted, in seconds. */
  readonly maxLifetimeSeconds: number;
}

/** How far ahead of our clock a token may say it was issued, in seconds. */
const MAX_ISSUED_AHEAD_SECONDS = 60;
const MAX_IDENTIFIER_LENGTH = 255;
const MAX_ACTORS = 8;
const MAX_SUBJECT_CLIENTS = 8;
/** RFC 6749 §3.3: scope tokens of printable ASCII without `"` and `\`, one space between two. */
const SCOPE = /^[\x21\x23-\x5B\x5D-\x7E]+(?: [\x21\x23-\x5B\x5D-\x7E]+)*$/;

/**
 * The issuer, compared to the letter (RFC 9068 §4). It is checked before the key is looked up, to pick whose keys
 * may verify (RFC 8725 §3.8), and stands under the signature afterwards.
 */
export function assertIssuer(claims: JsonObject, { issuer }: Pick<ClaimsRules, 'issuer'>): void {
  if (claims['iss'] !== issuer) throw new AuthError('issuer_untrusted', 'the iss is not the trusted issuer');
}

/** A token for another resource server must not work here: whoever got it there could replay it (RFC 9068 §4, RFC 8725 §3.9). */
export function assertAudience(claims: JsonObject, { audience }: ClaimsRules): void {
  const { aud } = claims;
  const audiences: readonly unknown[] = Array.isArray(aud) ? aud : [aud];
  if (!audiences.every((member) => typeof member === 'string')) {
    throw new AuthError('claims_malformed', 'the aud is missing or not text');
  }
  if (!audiences.includes(audience)) {
    throw new AuthError('audience_mismatch', 'the aud does not name this resource server');
  }
}

/**
 * The times (RFC 7519 §4.1.4 to §4.1.6): finite numbers all, not expired, not ahead of time, and not longer than any
 * honest token of ours lives, so that a stolen signing key cannot make a token for a year.
 */
export function assertTimes(claims: JsonObject, rules: ClaimsRules, nowSeconds: number): void {
  const { clockToleranceSeconds, maxLifetimeSeconds } = rules;
  const exp = requireTime(claims, 'exp');
  const iat = requireTime(claims, 'iat');
  if (exp <= nowSeconds - clockToleranceSeconds) throw new AuthError('token_expired', 'the exp has passed');
  if (iat > nowSeconds + MAX_ISSUED_AHEAD_SECONDS) {
    throw new AuthError('token_not_yet_valid', 'the iat lies ahead');
  }
  if (claims['nbf'] !== undefined && requireTime(claims, 'nbf') > nowSeconds + clockToleranceSeconds) {
    throw new AuthError('token_not_yet_valid', 'the nbf lies ahead');
  }
  if (exp <= iat) throw new AuthError('claims_malformed', 'the exp does not lie after the iat');
  if (exp - iat > maxLifetimeSeconds) throw new AuthError('lifetime_too_long', 'the token lives too long');
}

function requireTime(claims: JsonObject, name: 'exp' | 'iat' | 'nbf'): number {
  const value = claims[name];
  if (typeof value !== 'number' || !Number.isFinite(value) || Math.abs(value) > Number.MAX_SAFE_INTEGER) {
    throw new AuthError('claims_malformed', `the ${name} is missing or not a time`);
  }
  return value;
}

/** `sub`, `client_id`, `jti`: text that identifies. No control characters, which would reach logs and headers. */
export function requireIdentifier(claims: JsonObject, name: 'sub' | 'client_id' | 'jti' | 'txn'): string {
  const value = claims[name];
  if (typeof value !== 'string' || value.length === 0 || value.length > MAX_IDENTIFIER_LENGTH) {
    throw new AuthError('claims_malformed', `the ${name} is missing or not an identifier`);
  }
  // A principal's identity becomes a header towards upstreams: visible ASCII only (RFC 9110 §5.5).
  if (!/^[\x21-\x7E]+$/.test(value)) {
    throw new AuthError('claims_malformed', `the ${name} has characters that an identifier has not`);
  }
  return value;
}

/** `scope` as RFC 8693 §4.2 has it: one string. Absent or empty means that the client may do nothing. */
export function parseScopes(claims: JsonObject): readonly string[] {
  const { scope = '' } = claims;
  if (scope === '') return [];
  if (typeof scope !== 'string' || !SCOPE.test(scope)) {
    throw new AuthError('claims_malformed', 'the scope is not a list of scope tokens');
  }
  return scope.split(' ');
}

/** `roles` (RFC 9068 §2.2.3.1): a list of names. Absent means none. */
export function parseRoles(roles: unknown): readonly string[] {
  if (roles === undefined) return [];
  if (
    !Array.isArray(roles) ||
    !roles.every((role) => typeof role === 'string' && /^[\w:.-]{1,64}$/.test(role))
  ) {
    throw new AuthError('claims_malformed', 'the roles are not a list of names');
  }
  return [...roles]; // the claims may be kept: nobody's change to a principal reaches the next one
}

/**
 * `act` (RFC 8693 §4.1): the chain of those who act for the subject, the current one first. Undefined when there is
 * none. It is read or the token is refused: an actor that is passed over would leave no trace.
 */
export function parseActors({ act }: JsonObject): readonly string[] | undefined {
  if (act === undefined) return undefined;
  const actors: string[] = [];
  let current: unknown = act;
  while (current !== undefined) {
    if (!isJsonObject(current) || actors.length === MAX_ACTORS) {
      throw new AuthError('claims_malformed', 'the act is not a chain of actors');
    }
    actors.push(requireIdentifier(current, 'sub'));
    current = current['act'];
  }
  return actors;
}

/**
 * `subject_clients`: the clients whose tokens were exchanged for this one (RFC 8693), the last first. A claim of our
 * own: `act` names who presented them, and nothing registered names whose they were. It is read or the token is
 * refused: a token whose origin is passed over would outlive it.
 */
export function parseSubjectClients({ subject_clients: clients = [] }: JsonObject): readonly string[] {
  if (!Array.isArray(clients) || clients.length > MAX_SUBJECT_CLIENTS) {
    throw new AuthError('claims_malformed', 'the subject_clients are not a list of clients');
  }
  return clients.map((client_id) => requireIdentifier({ client_id }, 'client_id'));
}
