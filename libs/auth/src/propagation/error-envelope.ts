import { AuthError } from '../auth-error.js';
import { isJsonObject } from '../jose/strict-json.js';
import { ServiceError } from '../service-error.js';

/** An error as it crosses a hop. */
export interface ErrorEnvelope {
  readonly code: string;
  readonly status: number;
  readonly detail: string;
}

const INTERNAL: ErrorEnvelope = {
  code: 'internal_error',
  status: 500,
  detail: 'The service failed. It has been logged.',
};

const IDENTITY_REFUSED = 'A service behind the gateway did not accept the identity that it was given.';

/** What of an error may leave the process; `internal_error` for everything that was not thrown on purpose. */
export function toEnvelope(error: unknown): ErrorEnvelope {
  if (error instanceof ServiceError) return { code: error.code, status: error.status, detail: error.detail };
  if (error instanceof AuthError)
    return { code: error.code, status: error.status, detail: 'The call was refused.' };
  return INTERNAL;
}

/**
 * Reads what a peer answered. A peer that answers anything else is at fault itself. One that does not accept our own
 * credentials (401) is no news for the caller, whose token was good: that is an outage between us and the peer.
 */
export function fromEnvelope(value: unknown): ServiceError {
  if (isJsonObject(value)) {
    const { code, status, detail } = value;
    const isStatus = typeof status === 'number' && Number.isInteger(status) && status >= 400 && status <= 599;
    if (status === 401) return new ServiceError('identity_refused', 502, IDENTITY_REFUSED);
    if (typeof code === 'string' && isStatus && typeof detail === 'string') {
      return new ServiceError(code, status, detail);
    }
  }
  return new ServiceError(INTERNAL.code, 502, 'A service behind the gateway answered what it must not.');
}
