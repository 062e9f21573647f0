export type KeyRingErrorCode =
  | 'key_not_found'
  | 'key_already_announced'
  | 'key_not_announced'
  | 'key_too_young'
  | 'key_in_use'
  | 'key_state'
  | 'algorithm_not_in_use';

/** What the key ring does not do, whoever asks. Its message is one sentence for the operator. */
export class KeyRingError extends Error {
  override readonly name = 'KeyRingError';

  constructor(
    readonly code: KeyRingErrorCode,
    message: string,
  ) {
    super(message);
  }
}
