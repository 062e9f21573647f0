import { z } from 'zod';

/** Of a request that says all it has to say by its address: a member that somebody sets would be ignored. */
export const emptyBody = z.strictObject({}).optional();
