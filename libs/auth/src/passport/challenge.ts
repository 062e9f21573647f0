import type { AuthError } from '../auth-error.js';

const DESCRIPTIONS = {
  invalid_request: 'The credentials of the request are malformed.',
  invalid_token: 'The access token is not valid.',
  insufficient_scope: 'The access token lacks a scope.',
} as const;

export interface ChallengeContext {
  /** Protection space that the client may name to a person. */
  readonly realm: string;
}

/**
 * The `WWW-Authenticate` value of a refusal (RFC 6750 §3). Every text in it is fixed or configured: nothing that the
 * request said is repeated, so nothing can be injected (§3: no `"`, no `\`). Without credentials there is no error
 * code (§3.1).
 */
export function bearerChallenge(error: AuthError, { realm }: ChallengeContext): string {
  const parameters = [`realm="${realm}"`];
  if (error.oauthError !== undefined) {
    parameters.push(`error="${error.oauthError}"`, `error_description="${DESCRIPTIONS[error.oauthError]}"`);
  }
  if (error.requiredScopes.length > 0) parameters.push(`scope="${error.requiredScopes.join(' ')}"`);
  return `Bearer ${parameters.join(', ')}`;
}
