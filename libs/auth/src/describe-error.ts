/** An error's message with those of its causes, for the log: a `fetch` that failed says why in its cause alone. */
export function describeError(error: unknown): string {
  const { message, cause } = error instanceof Error ? error : { message: String(error), cause: undefined };
  return cause === undefined ? message : `${message} (${describeError(cause)})`;
}
