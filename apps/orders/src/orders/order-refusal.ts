import { ServiceError } from '@countersign/auth';
import { applicationErrors, type ApplicationErrorCode } from '@countersign/contracts';

/** A refusal on purpose, with the status that the table of application errors gives its code. */
export function refusal(code: ApplicationErrorCode, detail: string): ServiceError {
  return new ServiceError(code, applicationErrors[code], detail);
}

/** One answer for an order that is not there and for one that the caller may not know of. */
export function orderNotFound(): ServiceError {
  return refusal('order_not_found', 'There is no such order.');
}
