import { z } from 'zod';
import { MAX_PASSWORD_LENGTH } from '../accounts/password-rules.js';
import { isClientId } from '../clients/client-registration.js';

const password = z
  .string()
  .min(1)
  .max(MAX_PASSWORD_LENGTH * 4);

export const changePasswordForm = z.object({ current: password, password, again: password });
export const endSessionForm = z.object({ session: z.string().regex(/^[\w-]{1,64}$/) });
export const endAccessForm = z.object({ client_id: z.string().refine(isClientId) });
export const noticeQuery = z.object({ done: z.string().optional().catch(undefined) });
