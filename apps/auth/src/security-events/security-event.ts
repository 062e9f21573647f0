/**
 * What ends tokens before they expire. Each is told to every verifier as a Security Event Token (RFC 8417); `subject`
 * is the account's id, which is the `sub` of its tokens.
 */
export type SecurityEvent =
  | { readonly type: 'signing-key-revoked'; readonly kid: string }
  | { readonly type: 'session-revoked'; readonly subject: string; readonly sessionId: string }
  | { readonly type: 'account-disabled'; readonly subject: string }
  | { readonly type: 'credential-changed'; readonly subject: string }
  | { readonly type: 'client-disabled'; readonly clientId: string }
  /** A family of tokens: all that came of one grant. */
  | { readonly type: 'grant-revoked'; readonly grantId: string };
