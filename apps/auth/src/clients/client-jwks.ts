import { importVerificationKey, UnusableKeyError } from '@countersign/auth';
import { z } from 'zod';

/** While a client changes keys it has two; a few more do no harm. */
const MAX_KEYS = 5;
/** RFC 7518 §6.2.2, §6.3.2, §6.4: what only the client may know. */
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'] as const;

/**
 * Public keys with which a client authenticates (RFC 7523 §2.2). They pass the same checks as the keys of an issuer do
 * at a verifier. A private member is refused and not dropped: a key that was sent here is no longer the client's alone.
 */
export const clientJwks = z.strictObject({
  keys: z
    .array(z.record(z.string(), z.unknown()).superRefine(checkKey))
    .min(1)
    .max(MAX_KEYS)
    .refine((keys) => new Set(keys.map(({ kid }) => kid)).size === keys.length, 'has a kid twice'),
});

function checkKey(jwk: Readonly<Record<string, unknown>>, context: z.RefinementCtx): void {
  if (PRIVATE_MEMBERS.some((member) => member in jwk)) {
    context.addIssue({
      code: 'custom',
      message: 'is a private key; make another, and register its public half',
    });
    return;
  }
  try {
    importVerificationKey(jwk);
  } catch (error) {
    if (!(error instanceof UnusableKeyError)) throw error;
    context.addIssue({ code: 'custom', message: error.message });
  }
}
