import { z } from 'zod';

/** An id that one of our services made: a UUID, of version 7 for orders and payments, of 4 or 7 for accounts. */
export const resourceId = z
  .uuid({ error: 'is not a UUID', abort: true })
  .refine((id) => ['4', '7'].includes(id.charAt(14)), 'is not a UUID of version 4 or 7')
  .toLowerCase()
  .meta({ description: 'UUID (RFC 9562)', example: '01956f5e-9d2b-7c41-8f6a-2f6f0f4f9b1c' });

/** The request for one resource, or for a change of it that needs nothing but its id. */
export const resourceRequest = z.strictObject({ id: resourceId });

export type ResourceRequest = z.output<typeof resourceRequest>;
