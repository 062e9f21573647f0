import { z } from 'zod';
import { MAX_PASSWORD_LENGTH } from '../accounts/password-rules.js';
import { MAX_EMAIL_LENGTH } from '../accounts/person.js';

export const loginForm = z.object({
  /** Without what no address has, and no database takes (a NUL). */
  email: z
    .string()
    .min(1)
    .max(MAX_EMAIL_LENGTH)
    .regex(/^\P{C}*$/u),
  password: z.string().min(1).max(MAX_PASSWORD_LENGTH),
});
