import { ServiceError } from '@countersign/auth';

/**
 * What the admin API refuses on purpose, each with the HTTP status of its answer. The codes are for programs and never
 * change their meaning; docs/errors.md explains them to people.
 */
export const adminErrors = Object.freeze({
  client_not_found: 404,
});

export type AdminErrorCode = keyof typeof adminErrors;

/** @param detail one sentence for the operator; it reaches him as it is */
export function adminRefusal(code: AdminErrorCode, detail: string): ServiceError {
  return new ServiceError(code, adminErrors[code], detail);
}
