import { endsByTime, lastSecondEnded, type LoggedEvent, type SecurityEvent } from './security-event.js';

/** Claims of a Security Event Token (RFC 8417 §2.2). */
export interface SecurityEventClaims {
  readonly iss: string;
  readonly aud: string;
  readonly iat: number;
  readonly jti: string;
  /** When it happened; where tokens end by their `iat`, the last second whose tokens do. */
  readonly toe: number;
  /** RFC 9493 */
  readonly sub_id: object;
  readonly events: Readonly<Record<string, object>>;
}

const CAEP = 'https://schemas.openid.net/secevent/caep/event-type/';
const RISC = 'https://schemas.openid.net/secevent/risc/event-type/';
/** OpenID OAuth Event Types 1.0, draft 01. */
const OAUTH = 'https://schemas.openid.net/secevent/oauth/event-type/';
/** No registered event type says that a key is not to be trusted any more. */
const SIGNING_KEY_REVOKED = 'urn:countersign:secevent:event-type:signing-key-revoked';

/** @param now milliseconds since the epoch */
export function securityEventClaims(
  logged: LoggedEvent,
  { issuer, audience, now }: { readonly issuer: string; readonly audience: string; readonly now: number },
): SecurityEventClaims {
  const { sub_id, events } = statementOf(logged.event, issuer);
  return {
    iss: issuer,
    aud: audience,
    iat: Math.floor(now / 1_000),
    jti: logged.jti,
    toe: endsByTime(logged.event) ? lastSecondEnded(logged) : Math.floor(logged.createdAt.getTime() / 1_000),
    sub_id,
    events,
  };
}

function statementOf(event: SecurityEvent, issuer: string): Pick<SecurityEventClaims, 'sub_id' | 'events'> {
  switch (event.type) {
    case 'signing-key-revoked':
      return { sub_id: opaque(event.kid), events: { [SIGNING_KEY_REVOKED]: {} } };
    case 'session-revoked': {
      const user = account(event.subject, issuer);
      const sub_id = { format: 'complex', user, session: opaque(event.sessionId) };
      return { sub_id, events: { [`${CAEP}session-revoked`]: {} } };
    }
    case 'account-disabled':
      return { sub_id: account(event.subject, issuer), events: { [`${RISC}account-disabled`]: {} } };
    case 'credential-changed': {
      const change = { credential_type: 'password', change_type: 'update' };
      return { sub_id: account(event.subject, issuer), events: { [`${CAEP}credential-change`]: change } };
    }
    case 'client-disabled':
      return { sub_id: opaque(event.clientId), events: { [`${OAUTH}client-disabled`]: {} } };
    default:
      return { sub_id: opaque(event.grantId), events: { [`${OAUTH}tokens-revoked`]: {} } };
  }
}

/** Subject identifiers (RFC 9493 §3.2.2 and §3.2.6). */
function account(sub: string, iss: string): object {
  return { format: 'iss_sub', iss, sub };
}

function opaque(id: string): object {
  return { format: 'opaque', id };
}
