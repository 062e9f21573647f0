/**
 * What orders and payments refuse on purpose, each with the HTTP status of its answer. The codes are for programs
 * and never change their meaning; docs/errors.md explains them to people.
 */
export const applicationErrors = Object.freeze({
  /** No such order, or not one that the caller may know of: the two are answered alike. */
  order_not_found: 404,
  order_not_cancellable: 409,
  order_not_payable: 409,
  /** The same Idempotency-Key with another request (draft-ietf-httpapi-idempotency-key-header §2.7). */
  idempotency_key_reused: 422,
  /** No such payment, or not one that the caller may know of: the two are answered alike. */
  payment_not_found: 404,
  payment_declined: 402,
  /** The order is already bound to a payment that differs, or that was abandoned. */
  payment_conflict: 409,
  payment_not_capturable: 409,
  payment_not_refundable: 409,
  /** More than is left to capture or to refund. */
  amount_too_large: 422,
  currency_mismatch: 422,
});

export type ApplicationErrorCode = keyof typeof applicationErrors;
