import { z } from 'zod';

/** More are delivered by the next poll. */
const MAX_EVENTS = 100;

/** Of our making or not, it is a text that a database takes: no NUL, and no half of a character. */
const jti = z.string().regex(/^\P{C}{1,64}$/u);

/** RFC 8936 §2.2. Unknown members are ignored (§2). */
export const pollRequest = z.object({
  maxEvents: z
    .int()
    .min(0)
    .default(MAX_EVENTS)
    .transform((count) => Math.min(count, MAX_EVENTS)),
  returnImmediately: z.boolean().default(false),
  ack: z.array(jti).max(1_000).default([]),
  setErrs: z
    .record(jti, z.object({ err: z.string().max(100), description: z.string().max(1_000).optional() }))
    .refine((errors) => Object.keys(errors).length <= 1_000, 'has more than 1,000 members')
    .default({}),
});

export type PollRequest = z.output<typeof pollRequest>;

/** RFC 8936 §2.3 */
export interface PollResponse {
  /** Each token under its `jti`. */
  readonly sets: Readonly<Record<string, string>>;
  readonly moreAvailable?: true;
}
