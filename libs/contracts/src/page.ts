import { z } from 'zod';

/** Most entries of a page: the largest page has to fit into a frame between workloads. */
const MAX_ENTRIES = 100;

const cursorText = z
  .string()
  .regex(/^[A-Za-z0-9_-]{22}$/, 'is not a cursor of a previous answer')
  .max(22);

/**
 * The part of a list that is asked for. A cursor is an id in 22 characters of base64url; callers are told only to
 * hand back what they got, so that its content can change. `limit` is coerced: in a query string it is text.
 */
export const pageRequest = z.strictObject({
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(MAX_ENTRIES)
    .default(20)
    .meta({ description: 'Most entries that are answered', example: 20 }),
  cursor: cursorText
    .optional()
    .meta({ description: '`nextCursor` of the previous page; left out for the first' }),
});

export type PageRequest = z.output<typeof pageRequest>;

/** A page of entries, newest first. */
export function pageOf<Entry extends z.ZodType>(entry: Entry) {
  return z.strictObject({
    data: z.array(entry).max(MAX_ENTRIES),
    nextCursor: cursorText.nullable().meta({ description: '`cursor` of the next page; null on the last' }),
  });
}

/** Cursor of the page that begins after the entry with this id. */
export function cursorAfter(id: string): string {
  return Buffer.from(id.replaceAll('-', ''), 'hex').toString('base64url');
}

/** The id that a cursor begins after. */
export function idBeforeCursor(cursor: string): string {
  const hex = Buffer.from(cursor, 'base64url').toString('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
