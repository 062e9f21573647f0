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

/** An event of the log. */
export interface LoggedEvent {
  /** `jti` of the token that tells of it. */
  readonly jti: string;
  readonly event: SecurityEvent;
  readonly createdAt: Date;
}

/** Whether an event ends what was issued before it and not what is issued after it. */
export function endsByTime({ type }: SecurityEvent): boolean {
  return type === 'account-disabled' || type === 'credential-changed' || type === 'client-disabled';
}

/** A token request under way when the event happened may be answered this much later. */
const UNDER_WAY_MS = 500;

/**
 * The last second whose tokens an event ends, where it ends them by the time of their issue (`iat`, in whole seconds):
 * those of an account or of a client. Tokens of the same second cannot be told apart and end with the others.
 */
export function lastSecondEnded({ createdAt }: Pick<LoggedEvent, 'createdAt'>): number {
  return Math.floor((createdAt.getTime() + UNDER_WAY_MS) / 1_000);
}
