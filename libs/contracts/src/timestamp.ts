import { z } from 'zod';

/** A point in time in UTC, to the millisecond: `2026-01-31T12:00:00.000Z`. */
export const timestamp = z.iso.datetime().max(24);
