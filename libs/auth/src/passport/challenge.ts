import type { AuthError } from '../auth-error.js';
import type { SignatureAlgorithm } from '../jose/signature-algorithm.js';
import type { Scheme } from './credentials.js';

const DESCRIPTIONS = {
  invalid_request: 'The credentials of the request are malformed.',
  invalid_token: 'The access token is not valid.',
  insufficient_scope: 'The access token lacks a scope.',
  invalid_dpop_proof: 'The DPoP proof is missing or not valid.',
  use_dpop_nonce: 'The DPoP proof needs the nonce of the DPoP-Nonce header.',
} as const;

export interface ChallengeContext {
  /** Protection space that the client may name to a person. */
  readonly realm: string;
  /** What proofs may be signed with; null where there is no scheme `DPoP`. */
  readonly dpopAlgorithms: readonly SignatureAlgorithm[] | null;
  /** Address of the metadata of the resource (RFC 9728 §5.1), if there are any. */
  readonly resourceMetadata: string | undefined;
}

/**
 * The `WWW-Authenticate` values of a refusal, one for each scheme (RFC 6750 §3, RFC 9449 §7.1): the one that was used
 * says what was wrong, and with 401 the other stands beside it. Every text in them is fixed or configured: nothing that
 * the request said is repeated but its path, in the letters that a path may have: nothing can be injected (RFC 6750 §3: no
 * `"`, no `\`). Without credentials there is no error code (§3.1).
 */
export function challenges(
  error: AuthError,
  used: Scheme | undefined,
  context: ChallengeContext,
): readonly string[] {
  const schemes: readonly Scheme[] = context.dpopAlgorithms === null ? ['Bearer'] : ['Bearer', 'DPoP'];
  const first = schemes.find((scheme) => scheme === used) ?? 'Bearer';
  const others = error.status === 401 ? schemes.filter((scheme) => scheme !== first) : [];
  return [
    challenge(first, errorParameters(error), context),
    ...others.map((scheme) => challenge(scheme, [], context)),
  ];
}

function challenge(scheme: Scheme, parameters: readonly string[], context: ChallengeContext): string {
  const { realm, dpopAlgorithms, resourceMetadata } = context;
  const all = [`realm="${realm}"`, ...parameters];
  if (scheme === 'DPoP') all.push(`algs="${dpopAlgorithms?.join(' ') ?? ''}"`);
  if (resourceMetadata !== undefined) all.push(`resource_metadata="${resourceMetadata}"`);
  return `${scheme} ${all.join(', ')}`;
}

function errorParameters({ oauthError, requiredScopes }: AuthError): readonly string[] {
  const parameters: string[] = [];
  if (oauthError !== undefined) {
    parameters.push(`error="${oauthError}"`, `error_description="${DESCRIPTIONS[oauthError]}"`);
  }
  if (requiredScopes.length > 0) parameters.push(`scope="${requiredScopes.join(' ')}"`);
  return parameters;
}
