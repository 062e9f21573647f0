import { validateClaims, type ClaimsValidation } from '../access-token/validate-claims.js';
import { AuthError } from '../auth-error.js';
import { isJsonObject, type JsonObject } from '../jose/strict-json.js';
import type { Principal } from '../principal.js';
import type { Sender } from '../sender/sender.js';
import { tokenDigest } from '../token-digest.js';
import { IntrospectedTokens, type IntrospectionOutcome } from './introspected-tokens.js';
import type { IntrospectionEndpoint } from './introspection-endpoint.js';

export interface OpaqueTokenVerifierOptions extends ClaimsValidation {
  readonly endpoint: Pick<IntrospectionEndpoint, 'introspect'>;
  /** For a whole introspection. */
  readonly timeoutMs: number;
}

/**
 * A token68 without a dot, of 22 characters at least: less would not hold the 128 bits that make a handle hard to guess
 * (RFC 6749 §10.10), and is what broken clients send (`undefined`, `null`). None of it is sent on.
 */
const HANDLE = /^[A-Za-z0-9\-_~+/]{22,512}={0,2}$/;

/** What is kept of an answer: all that is validated or can be revoked. The rest may be anything, the token included. */
const CLAIMS = [
  'iss',
  'aud',
  'exp',
  'nbf',
  'iat',
  'cnf',
  'sub',
  'client_id',
  'scope',
  'roles',
  'act',
  'subject_clients',
  'sid',
  'grant_id',
] as const;

/**
 * Verifies opaque access tokens of one issuer by introspection (RFC 7662). The checks, in order:
 *
 * | check | file |
 * | --- | --- |
 * | characters and length | here |
 * | whether it is known what has been revoked | `revocation/revocations.ts` |
 * | the issuer's word, with bounds on asking for it and on its age | `introspection/introspected-tokens.ts` |
 * | `active`, `token_type` | `introspection/introspection-endpoint.ts`, here |
 * | the rules that JWTs have to keep too, what has been revoked, and the sender, with each request | `access-token/validate-claims.ts` |
 */
export class OpaqueTokenVerifier {
  private readonly tokens: IntrospectedTokens;

  constructor(private readonly options: OpaqueTokenVerifierOptions) {
    this.tokens = new IntrospectedTokens({
      introspect: (token, timeoutMs) => this.introspect(token, timeoutMs),
      timeoutMs: options.timeoutMs,
      now: options.now,
    });
  }

  /** How many introspections ended how, since the start. */
  get outcomes(): Readonly<Record<IntrospectionOutcome, number>> {
    return this.tokens.outcomes;
  }

  /**
   * Verifies a token from end to end.
   *
   * @throws AuthError for a token that is refused, or `introspection_unavailable` when nobody can say what it is
   */
  async verify(token: string, sender: Sender): Promise<Principal> {
    if (!HANDLE.test(token))
      throw new AuthError('token_malformed', 'the token is neither a JWS nor a handle');
    this.options.revocations?.assertKnown();
    return validateClaims(await this.tokens.claimsOf(token), this.options, sender);
  }

  /** Claims are validated before they are kept: a token for another audience takes no good one's place. */
  private async introspect(token: string, timeoutMs: number): Promise<JsonObject> {
    const answer = await this.options.endpoint.introspect(token, timeoutMs);
    if (answer === null) throw new AuthError('token_inactive', 'the issuer calls the token inactive');
    assertType(answer);
    const claims = this.claimsOf(answer, token);
    await validateClaims(claims, this.options, null);
    return claims;
  }

  /** `iss` may be left out (RFC 7662 §2.2): the endpoint is that of one issuer. */
  private claimsOf(answer: JsonObject, token: string): JsonObject {
    const { iss = this.options.issuer } = answer;
    const claims = Object.fromEntries(CLAIMS.map((name) => [name, answer[name]]));
    return { ...claims, iss, jti: tokenId(answer, token) };
  }
}

/** A refresh token has no type. One that is called `DPoP` (RFC 9449 §6.2) is no bearer's, so that its key has to be named. */
function assertType({ token_type: type, cnf }: JsonObject): void {
  if (typeof type !== 'string')
    throw new AuthError('claims_malformed', 'the token_type is missing or not text');
  switch (type.toLowerCase()) {
    case 'bearer':
      return;
    case 'dpop':
      if (isJsonObject(cnf) && 'jkt' in cnf) return;
      throw new AuthError('confirmation_unproven', 'the token is bound to a key that is not named');
    default:
      throw new AuthError('type_refused', 'the token_type is neither Bearer nor DPoP');
  }
}

/**
 * An opaque token need not have a `jti`, and at some issuers it is the token itself. As it goes to logs and on to
 * workloads, a digest stands for it then.
 */
function tokenId({ jti }: JsonObject, token: string): unknown {
  if (jti !== undefined && jti !== token) return jti;
  return tokenDigest(token);
}
