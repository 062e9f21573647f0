import { lastSecondEnded, type LoggedEvent, type SecurityEvent } from './security-event.js';

/** Claims of a Security Event Token (RFC 8417 §2.2). */
export interface SecurityEventClaims {
  readonly iss: string;
  readonly aud: string;
  readonly iat: number;
  readonly jti: string;
  /** When it happened; where tokens end by their `iat`, the last second whose tokens do. */
  readonly toe: number;
  readonly sub_id: object;
  readonly events: Readonly<Record<string, object>>;
}

const CAEP = 'https://schemas.openid.net/secevent/caep/event-type/';
const RISC = 'https://schemas.openid.net/secevent/risc/event-type/';
/** OpenID OAuth Event Types 1.0, draft 01. */
const OAUTH = 'https://schemas.openid.net/secevent/oauth/event-type/';
/** No registered event type says that a key is not to be trusted any more. */
const SIGNING_KEY_REVOKED = 'urn:countersign:secevent:event-type:signing-key-revoked';

/** `sub_id` (RFC 9493) and event of the token. */
interface Statement {
  readonly type: string;
  readonly subject: object;
  readonly details: object;
}

/** @param now milliseconds since the epoch */
export function securityEventClaims(
  logged: LoggedEvent,
  { issuer, audience, now }: { readonly issuer: string; readonly audience: string; readonly now: number },
): SecurityEventClaims {
  const { type, subject, details } = statement(logged.event, issuer);
  return {
    iss: issuer,
    aud: audience,
    iat: Math.floor(now / 1_000),
    jti: logged.jti,
    toe: endsByTime(logged.event) ? lastSecondEnded(logged) : Math.floor(logged.createdAt.getTime() / 1_000),
    sub_id: subject,
    events: { [type]: details },
  };
}

/** Whether an event ends what was issued before it and not what is issued after it. */
function endsByTime({ type }: SecurityEvent): boolean {
  return type === 'account-disabled' || type === 'credential-changed' || type === 'client-disabled';
}

function statement(event: SecurityEvent, issuer: string): Statement {
  const account = (sub: string): object => ({ format: 'iss_sub', iss: issuer, sub });
  const opaque = (id: string): object => ({ format: 'opaque', id });
  const details = {};
  switch (event.type) {
    case 'signing-key-revoked':
      return { type: SIGNING_KEY_REVOKED, subject: opaque(event.kid), details };
    case 'session-revoked':
      return {
        type: `${CAEP}session-revoked`,
        subject: { format: 'complex', user: account(event.subject), session: opaque(event.sessionId) },
        details,
      };
    case 'account-disabled':
      return { type: `${RISC}account-disabled`, subject: account(event.subject), details };
    case 'credential-changed':
      return {
        type: `${CAEP}credential-change`,
        subject: account(event.subject),
        details: { credential_type: 'password', change_type: 'update' },
      };
    case 'client-disabled':
      return { type: `${OAUTH}client-disabled`, subject: opaque(event.clientId), details };
    case 'grant-revoked':
      return { type: `${OAUTH}tokens-revoked`, subject: opaque(event.grantId), details };
  }
}
