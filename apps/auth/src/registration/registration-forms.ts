import { z } from 'zod';
import { MAX_PASSWORD_LENGTH } from '../accounts/password-rules.js';
import { MAX_EMAIL_LENGTH } from '../login/login-form.js';

export const MAX_NAME_LENGTH = 100;

/** It becomes a part of a path of ours, and of nothing else. */
const interactionUid = z.string().regex(/^[\w-]{1,64}$/);
const token = z.string().regex(/^[\w-]{43}$/);
const newPassword = z.string().max(MAX_PASSWORD_LENGTH * 4);

export const interactionQuery = z.object({ interaction: interactionUid.optional().catch(undefined) });
export const tokenQuery = z.object({ token });

/** `z.email` refuses what no mail server takes, and line ends with it. */
export const emailForm = z.object({
  email: z.string().trim().max(MAX_EMAIL_LENGTH).pipe(z.email()),
  interaction: interactionUid.optional().catch(undefined),
});

export const newPasswordForm = z.object({ token, password: newPassword, again: newPassword });

/** No control characters: a name stands on pages, in tokens and in logs. */
export const registrationForm = newPasswordForm.extend({
  name: z
    .string()
    .trim()
    .min(1)
    .max(MAX_NAME_LENGTH)
    .regex(/^[^\p{Cc}\p{Cf}\p{Cs}]*$/u),
});

/** Query by which an interaction is carried on. */
export function onwards(uid: string | null | undefined): string {
  return uid === null || uid === undefined ? '' : `?interaction=${uid}`;
}
