import { DrizzleQueryError } from 'drizzle-orm';

/** Connection exceptions, "too many connections" and shutdowns of PostgreSQL, and what the network answers. */
const OUTAGE_CODE =
  /^(?:08...|53300|57P0[123]|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENOTFOUND|EAI_AGAIN)$/;
/** node-postgres and PGlite give these no code. */
const OUTAGE_MESSAGE =
  /^(?:Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|PGlite is clos)/;
/** Data exceptions of PostgreSQL: their messages quote the value. */
const DATA_EXCEPTION = /^22/;

/** How long a caller should wait before it tries again. */
export const OUTAGE_RETRY_SECONDS = 5;

/**
 * Whether the database could not be reached: an outage passes, and is 503 to the caller; any other fault is ours. No
 * cause is looked into but that of a query: another service that cannot be reached is no outage of the database.
 */
export function isDatabaseOutage(error: unknown): boolean {
  if (error instanceof DrizzleQueryError) return isDatabaseOutage(error.cause);
  if (!(error instanceof Error)) return false;
  const { code } = error as NodeJS.ErrnoException;
  return (code !== undefined && OUTAGE_CODE.test(code)) || OUTAGE_MESSAGE.test(error.message);
}

/**
 * What the log may hold of a failed query. Its parameters are handles, addresses and orders, and are in the message of
 * Drizzle's error, in fields of PGlite's, and in the `detail` of PostgreSQL's: nothing of them is taken over but the
 * code, the message of the database, and where it happened.
 */
export function withoutQuery(error: unknown): unknown {
  if (!(error instanceof DrizzleQueryError)) return error;
  const { code = 'no code', message = 'no reason' } = (error.cause ?? {}) as Partial<NodeJS.ErrnoException>;
  const fault = new Error(
    `a query failed: ${DATA_EXCEPTION.test(code) ? 'data exception' : message} (${code})`,
  );
  fault.stack = `${String(fault)}${error.stack?.split(error.message)[1] ?? ''}`;
  return fault;
}
