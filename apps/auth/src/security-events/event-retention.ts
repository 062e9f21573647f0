import { sql, type SQL } from 'drizzle-orm';
import { ACCESS_TOKEN_SECONDS } from '../resource-servers/access-token-seconds.js';
import { securityEvents } from './security-events.table.js';

/** Clock skew that a verifier may forgive. */
const MAX_SKEW_SECONDS = 60;
/** Nothing that the event ends is accepted any longer: the last token before it has expired everywhere. */
const TOKEN_EVENT_SECONDS = ACCESS_TOKEN_SECONDS + MAX_SKEW_SECONDS;
/** A verifier may go on with the JWKS that it has for an hour, and may have got it from a cache. */
const KEY_EVENT_SECONDS = 2 * 60 * 60;
/** A stream that nobody has polled for so long belongs to a replica that is gone. */
export const STREAM_IDLE = sql`interval '1 hour'`;

/** Whether an event can matter to a verifier that has not heard of it. Constants are in its text, as it is planned once. */
export function canMatter(): SQL {
  return sql`${securityEvents.createdAt} > now() - make_interval(secs =>
    CASE ${securityEvents.event}->>'type' WHEN 'signing-key-revoked' THEN ${sql.raw(String(KEY_EVENT_SECONDS))}
    ELSE ${sql.raw(String(TOKEN_EVENT_SECONDS))} END)`;
}
