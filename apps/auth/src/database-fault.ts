import { DrizzleQueryError } from 'drizzle-orm';

/** Connection exceptions, "too many connections" and shutdowns of PostgreSQL, and what the network answers. */
const OUTAGE_CODE =
  /^(?:08...|53300|57P0[123]|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENOTFOUND|EAI_AGAIN)$/;
/** node-postgres gives these no code. */
const OUTAGE_MESSAGE = /^(?:Connection terminated|timeout exceeded when trying to connect)/;

/** How long a caller should wait before it tries again. */
export const OUTAGE_RETRY_SECONDS = 5;

/** Whether the database could not be reached: an outage passes, and is 503 to the caller; any other fault is ours. */
export function isDatabaseOutage(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as NodeJS.ErrnoException;
  return (
    (code !== undefined && OUTAGE_CODE.test(code)) ||
    OUTAGE_MESSAGE.test(error.message) ||
    isDatabaseOutage(error.cause)
  );
}

/** What the log may hold of a failed query: the message of Drizzle's error has its parameters in it, handles and addresses. */
export function withoutQuery(error: unknown): unknown {
  return error instanceof DrizzleQueryError ? (error.cause ?? new Error('a query failed')) : error;
}
