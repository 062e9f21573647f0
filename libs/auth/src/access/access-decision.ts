import { AUTH_ERRORS, type AuthErrorCode } from '../auth-error.js';

/** How the question who asks, and whether he may, was answered: `accepted`, or the code of the refusal. */
export type DecisionReason = 'accepted' | AuthErrorCode;

/** Every reason that there is: a bounded set, fit for the label of a metric. */
export const DECISION_REASONS: readonly DecisionReason[] = [
  'accepted',
  ...(Object.keys(AUTH_ERRORS) as AuthErrorCode[]),
];

/**
 * What a token was held against: its signature, the memory of one that was verified before, or the issuer's word.
 * `none` when it was refused before it came to that.
 */
export const TOKEN_SOURCES = ['none', 'cache', 'signature', 'introspection'] as const;
export type TokenSource = (typeof TOKEN_SOURCES)[number];

/** One decision on a request to a handler that is not public. */
export interface AccessDecision {
  readonly reason: DecisionReason;
  readonly source: TokenSource;
  /** From the request's arrival at the guard to the decision, in milliseconds. */
  readonly durationMs: number;
}

/** Is told of every decision, before the answer. It must not throw, and takes its time from the request. */
export type DecisionListener = (decision: AccessDecision) => void;
