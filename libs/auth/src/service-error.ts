/**
 * An error that a service answers on purpose. It crosses a hop as it is: the caller's edge turns it into the
 * HTTP answer with the same status, code and detail. Anything else that a handler throws is a fault of ours, and
 * the caller learns nothing but that (500 `internal_error`).
 */
export class ServiceError extends Error {
  override readonly name = 'ServiceError';

  constructor(
    /** Stable, for programs: snake_case. */
    readonly code: string,
    /** HTTP status that the edge answers with: 400 to 599. */
    readonly status: number,
    /** One sentence for the person who called. It reaches the client: no internals in it. */
    readonly detail: string,
    options?: ErrorOptions,
  ) {
    super(`${code}: ${detail}`, options);
  }
}
