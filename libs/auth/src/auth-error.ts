/** What happened, for programs and logs. Listed with cause and remedy in `docs/errors.md`. */
export type AuthErrorCode = keyof typeof AUTH_ERRORS;

interface AuthErrorKind {
  /** HTTP status at an edge. 401 and 403 are the caller's, 503 is an outage of ours and never blames the token. */
  readonly status: 400 | 401 | 403 | 503;
  /** The error code of RFC 6750 §3.1 or RFC 9449 §7.1 that the caller learns; none when no credentials came (§3) or on an outage. */
  readonly oauthError?:
    'invalid_request' | 'invalid_token' | 'insufficient_scope' | 'invalid_dpop_proof' | 'use_dpop_nonce';
}

const INVALID_REQUEST: AuthErrorKind = { status: 400, oauthError: 'invalid_request' };
const INVALID_TOKEN: AuthErrorKind = { status: 401, oauthError: 'invalid_token' };
const INVALID_PROOF: AuthErrorKind = { status: 401, oauthError: 'invalid_dpop_proof' };
const FORBIDDEN: AuthErrorKind = { status: 403 };

export const AUTH_ERRORS = {
  credentials_missing: { status: 401 },
  credentials_malformed: INVALID_REQUEST,
  token_malformed: INVALID_TOKEN,
  algorithm_refused: INVALID_TOKEN,
  type_refused: INVALID_TOKEN,
  header_refused: INVALID_TOKEN,
  key_unknown: INVALID_TOKEN,
  signature_invalid: INVALID_TOKEN,
  issuer_untrusted: INVALID_TOKEN,
  audience_mismatch: INVALID_TOKEN,
  token_expired: INVALID_TOKEN,
  token_not_yet_valid: INVALID_TOKEN,
  token_revoked: INVALID_TOKEN,
  token_inactive: INVALID_TOKEN,
  lifetime_too_long: INVALID_TOKEN,
  claims_malformed: INVALID_TOKEN,
  confirmation_unproven: INVALID_TOKEN,
  confirmation_missing: INVALID_TOKEN,
  proof_missing: INVALID_PROOF,
  proof_malformed: INVALID_PROOF,
  proof_key_refused: INVALID_PROOF,
  proof_mismatch: INVALID_PROOF,
  proof_untimely: INVALID_PROOF,
  proof_nonce_required: { status: 401, oauthError: 'use_dpop_nonce' },
  proof_signature_invalid: INVALID_PROOF,
  proof_replayed: INVALID_PROOF,
  scope_insufficient: { status: 403, oauthError: 'insufficient_scope' },
  role_insufficient: FORBIDDEN,
  workload_refused: FORBIDDEN,
  access_undeclared: FORBIDDEN,
  keys_unavailable: { status: 503 },
  revocations_unavailable: { status: 503 },
  introspection_unavailable: { status: 503 },
  used_proofs_unavailable: { status: 503 },
} as const satisfies Record<string, AuthErrorKind>;

/**
 * A refusal. `code` and `detail` are for the log; the caller learns `status` and `oauthError` and no more, so that
 * a forger cannot read off which check stopped him.
 */
export class AuthError extends Error {
  override readonly name = 'AuthError';
  readonly status: AuthErrorKind['status'];
  readonly oauthError: AuthErrorKind['oauthError'];
  /** Scopes that the request would have needed (RFC 6750 §3), with `scope_insufficient`. */
  readonly requiredScopes: readonly string[];

  constructor(
    readonly code: AuthErrorCode,
    /** For the log. Never holds a token, a key, or a claim of a token that was not verified. */
    readonly detail: string,
    options: ErrorOptions & { readonly requiredScopes?: readonly string[] } = {},
  ) {
    super(`${code}: ${detail}`, options);
    const kind: AuthErrorKind = AUTH_ERRORS[code];
    this.status = kind.status;
    this.oauthError = kind.oauthError;
    this.requiredScopes = options.requiredScopes ?? [];
  }
}
