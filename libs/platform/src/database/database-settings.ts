import { z } from 'zod';

/** The settings of every process that has a database. */
export const databaseSettings = {
  DATABASE_URL: z
    .url({ protocol: /^postgres(ql)?$/, error: 'is not a postgres:// URL' })
    .optional()
    .describe('PostgreSQL; without it an embedded database in DATA_DIR'),
};
