import { z } from 'zod';

/** Longest address of RFC 5321 §4.5.3.1. */
const MAX_EMAIL_LENGTH = 254;
/** Long enough for every passphrase; a longer one is not what a person typed. */
const MAX_PASSWORD_LENGTH = 256;

export const loginForm = z.object({
  email: z.string().min(1).max(MAX_EMAIL_LENGTH),
  password: z.string().min(1).max(MAX_PASSWORD_LENGTH),
});
