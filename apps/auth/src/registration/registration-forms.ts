import { z } from 'zod';
import { MAX_PASSWORD_LENGTH } from '../accounts/password-rules.js';
import { emailAddress, personName } from '../accounts/person.js';

/** It becomes a part of a path of ours, and of nothing else. */
const interactionUid = z.string().regex(/^[\w-]{1,64}$/);
const token = z.string().regex(/^[\w-]{43}$/);
const newPassword = z.string().max(MAX_PASSWORD_LENGTH * 4);

export const interactionQuery = z.object({ interaction: interactionUid.optional().catch(undefined) });
export const tokenQuery = z.object({ token });

export const emailForm = z.object({
  email: emailAddress,
  interaction: interactionUid.optional().catch(undefined),
});

export const newPasswordForm = z.object({ token, password: newPassword, again: newPassword });

export const registrationForm = newPasswordForm.extend({ name: personName });

/** Query by which an interaction is carried on. */
export function onwards(uid: string | null | undefined): string {
  return uid === null || uid === undefined ? '' : `?interaction=${uid}`;
}
