import { importVerificationKey, UnusableKeyError } from '@countersign/auth';
import { z } from 'zod';

/** While a client changes keys it has two; a few more do no harm. */
const MAX_KEYS = 5;
/** RFC 7518 §6.2.2, §6.3.2, §6.4: what only the client may know. */
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'] as const;

const printable = z.string().regex(/^[\x21-\x7E]{1,1500}$/, 'is not printable text');
const jwk = z.strictObject({
  kid: printable,
  kty: printable,
  alg: printable.optional(),
  use: printable.optional(),
  key_ops: z.array(printable).max(8).optional(),
  n: printable.optional(),
  e: printable.optional(),
  crv: printable.optional(),
  x: printable.optional(),
  y: printable.optional(),
  ...Object.fromEntries(
    PRIVATE_MEMBERS.map((member) => [
      member,
      z
        .undefined({ error: 'belongs to a private key; make another, and register its public half' })
        .optional(),
    ]),
  ),
});

/**
 * Public keys with which a client authenticates (RFC 7523 §2.2). They pass the same checks as the keys of an issuer do
 * at a verifier. A private member is refused and not dropped: a key that was sent here is no longer the client's alone.
 */
export const clientJwks = z.strictObject({
  keys: z
    .array(jwk.superRefine(assertImportable))
    .min(1)
    .max(MAX_KEYS)
    .refine((keys) => new Set(keys.map(({ kid }) => kid)).size === keys.length, 'has a kid twice'),
});

function assertImportable(key: object, context: z.RefinementCtx): void {
  try {
    importVerificationKey(key);
  } catch (error) {
    if (!(error instanceof UnusableKeyError)) throw error;
    context.addIssue({ code: 'custom', message: error.message });
  }
}
