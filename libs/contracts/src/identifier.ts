import { z } from 'zod';

/** What names an account, a client, a workload or a transaction: visible ASCII, as verified tokens have it. */
export const identifier = z
  .string()
  .regex(/^[\x21-\x7e]+$/, 'has characters that an identifier has not')
  .min(1)
  .max(255);
