import { ServiceError } from '@countersign/auth';

/**
 * What the admin API refuses on purpose, each with the HTTP status of its answer. The codes are for programs and never
 * change their meaning; docs/errors.md explains them to people.
 */
export const adminErrors = Object.freeze({
  client_not_found: 404,
  /** The client_id is taken. */
  client_exists: 409,
  client_reserved: 409,
  /** It has, or would have, what takes admin scopes that the caller has not. */
  client_above_caller: 403,
  client_without_secret: 409,
  /** The metadata breaks a rule (RFC 7591 §3.2.2). */
  invalid_client_metadata: 400,
  account_not_found: 404,
  /** The address is taken. */
  account_exists: 409,
  account_disabled: 409,
  /** It is, or would be, an administrator, and the caller has not every admin scope. */
  account_above_caller: 403,
  /** An administrator would lock himself out, or get a password without the one that he has. */
  account_own: 409,
  key_not_found: 404,
  key_already_announced: 409,
  key_not_announced: 409,
  key_too_young: 409,
  key_in_use: 409,
  key_state: 409,
  algorithm_not_in_use: 409,
});

export type AdminErrorCode = keyof typeof adminErrors;

/** @param detail one sentence for the operator; it reaches him as it is */
export function adminRefusal(code: AdminErrorCode, detail: string): ServiceError {
  return new ServiceError(code, adminErrors[code], detail);
}
