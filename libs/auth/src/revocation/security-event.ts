import { AuthError } from '../auth-error.js';
import { isJsonObject, type JsonObject } from '../jose/strict-json.js';
import type { Revocation } from './revocations.js';

/** What an event means here. */
export type SecurityEvent =
  | { readonly kind: 'key-revoked'; readonly kid: string }
  | { readonly kind: 'tokens-revoked'; readonly revocation: Revocation }
  /** Of a type that says nothing about tokens or keys. */
  | { readonly kind: 'irrelevant' };

type Reader = (subject: JsonObject, context: EventContext) => SecurityEvent;

interface EventContext {
  readonly issuer: string;
  /** When it happened; last `iat` of the tokens that it ends by the time of their issue. */
  readonly occurredAt: number;
}

const CAEP = 'https://schemas.openid.net/secevent/caep/event-type/';
const RISC = 'https://schemas.openid.net/secevent/risc/event-type/';
const OAUTH = 'https://schemas.openid.net/secevent/oauth/event-type/';

const READERS: Readonly<Record<string, Reader>> = {
  'urn:countersign:secevent:event-type:signing-key-revoked': (subject) => ({
    kind: 'key-revoked',
    kid: opaqueId(subject),
  }),
  [`${CAEP}session-revoked`]: ({ session }, context) => ended('session', opaqueId(session), context),
  [`${CAEP}credential-change`]: subjectRevoked,
  [`${RISC}account-disabled`]: subjectRevoked,
  [`${OAUTH}client-disabled`]: (subject, context) => endedUntilNow('client', opaqueId(subject), context),
  [`${OAUTH}tokens-revoked`]: (subject, context) => ended('grant', opaqueId(subject), context),
};

/**
 * Reads the event of a verified Security Event Token (RFC 8417 §2.2). `toe` says when it happened, and until when the
 * tokens were issued that it ends.
 *
 * @throws AuthError `claims_malformed`
 */
export function readSecurityEvent(claims: JsonObject, issuer: string): SecurityEvent {
  const { events, sub_id: subject, iat, toe = iat } = claims;
  if (!isJsonObject(events)) throw malformed('events');
  if (typeof toe !== 'number' || !Number.isFinite(toe)) throw malformed('toe');
  for (const type of Object.keys(events)) {
    const read = Object.hasOwn(READERS, type) ? READERS[type] : undefined;
    if (read === undefined) continue;
    if (!isJsonObject(subject)) throw malformed('sub_id');
    return read(subject, { issuer, occurredAt: toe });
  }
  return { kind: 'irrelevant' };
}

function subjectRevoked(subject: JsonObject, context: EventContext): SecurityEvent {
  // An issuer speaks for its own subjects (RFC 9493 §3.2.2).
  if (subject['format'] !== 'iss_sub' || subject['iss'] !== context.issuer) throw malformed('sub_id');
  return endedUntilNow('subject', text(subject['sub']), context);
}

/** For good: no token of it is issued again. */
function ended(by: Revocation['by'], id: string, { occurredAt }: EventContext): SecurityEvent {
  return { kind: 'tokens-revoked', revocation: { by, id, lastIssuedAt: Infinity, occurredAt } };
}

/** What was issued until then; it may get tokens again. */
function endedUntilNow(by: Revocation['by'], id: string, { occurredAt }: EventContext): SecurityEvent {
  return { kind: 'tokens-revoked', revocation: { by, id, lastIssuedAt: occurredAt, occurredAt } };
}

function opaqueId(subject: unknown): string {
  if (!isJsonObject(subject) || subject['format'] !== 'opaque') throw malformed('sub_id');
  return text(subject['id']);
}

function text(value: unknown): string {
  if (typeof value !== 'string' || value === '') throw malformed('sub_id');
  return value;
}

function malformed(claim: string): AuthError {
  return new AuthError('claims_malformed', `the ${claim} of the event is missing or not of its form`);
}
