import { z } from 'zod';
import { MAX_PASSWORD_LENGTH } from '../accounts/password-rules.js';

/** Longest address of RFC 5321 §4.5.3.1. */
export const MAX_EMAIL_LENGTH = 254;

export const loginForm = z.object({
  email: z.string().min(1).max(MAX_EMAIL_LENGTH),
  password: z.string().min(1).max(MAX_PASSWORD_LENGTH),
});
