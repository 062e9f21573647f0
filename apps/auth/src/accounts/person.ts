import { z } from 'zod';

/** Longest address of RFC 5321 §4.5.3.1. */
export const MAX_EMAIL_LENGTH = 254;
export const MAX_NAME_LENGTH = 100;

/** `z.email` refuses what no mail server takes, and line ends with it. */
export const emailAddress = z.string().trim().max(MAX_EMAIL_LENGTH).pipe(z.email());

/** No control characters: a name stands on pages, in tokens and in logs. */
export const personName = z
  .string()
  .trim()
  .min(1)
  .max(MAX_NAME_LENGTH)
  .regex(/^[^\p{Cc}\p{Cf}\p{Cs}]*$/u);
