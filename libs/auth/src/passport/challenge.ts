import type { AuthError } from '../auth-error.js';

const DESCRIPTIONS = {
  invalid_request: 'The credentials of the request are malformed.',
  invalid_token: 'The access token is not valid.',
  insufficient_scope: 'The access token lacks a scope.',
} as const;

export interface ChallengeContext {
  /** Protection space that the client may name to a person. */
  readonly realm: string;
  /** Address of the metadata of the resource (RFC 9728 §5.1), if there are any. */
  readonly resourceMetadata: string | undefined;
}

/**
 * The `WWW-Authenticate` value of a refusal (RFC 6750 §3). Every text in it is fixed or configured: nothing that the
 * request said is repeated but its path, in the letters that a path may have: nothing can be injected (§3: no `"`, no
 * `\`). Without credentials there is no error code (§3.1).
 */
export function bearerChallenge(error: AuthError, { realm, resourceMetadata }: ChallengeContext): string {
  const parameters = [`realm="${realm}"`];
  if (error.oauthError !== undefined) {
    parameters.push(`error="${error.oauthError}"`, `error_description="${DESCRIPTIONS[error.oauthError]}"`);
  }
  if (error.requiredScopes.length > 0) parameters.push(`scope="${error.requiredScopes.join(' ')}"`);
  if (resourceMetadata !== undefined) parameters.push(`resource_metadata="${resourceMetadata}"`);
  return `Bearer ${parameters.join(', ')}`;
}
