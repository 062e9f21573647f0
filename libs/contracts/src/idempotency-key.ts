import { z } from 'zod';

/** The caller's name for one attempt (draft-ietf-httpapi-idempotency-key-header): a retry repeats it. */
export const idempotencyKey = z
  .string()
  .regex(/^[\x21-\x7e]{1,255}$/, 'is not 1 to 255 printable ASCII characters')
  .max(255)
  .meta({
    description: 'Repeat it in a retry, and what it asks for is done once',
    example: '6f1c9c0e-cart-17',
  });
