/** What signs is away, or no key signs for an algorithm yet: an outage, which is 503 to the caller, and passes. */
export class SigningUnavailableError extends Error {
  override readonly name = 'SigningUnavailableError';
}
