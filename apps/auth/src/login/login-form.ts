import { z } from 'zod';
import { MAX_PASSWORD_LENGTH } from '../accounts/password-rules.js';

/** Longest address of RFC 5321 §4.5.3.1. */
export const MAX_EMAIL_LENGTH = 254;

export const loginForm = z.object({
  /** Without what no address has, and no database takes (a NUL). */
  email: z
    .string()
    .min(1)
    .max(MAX_EMAIL_LENGTH)
    .regex(/^\P{C}*$/u),
  password: z.string().min(1).max(MAX_PASSWORD_LENGTH),
});
