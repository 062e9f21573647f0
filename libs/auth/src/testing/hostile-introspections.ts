import type { AuthErrorCode } from '../auth-error.js';
import { claimRows, timeRows } from './hostile-claims.js';
import type { HostileRow } from './hostile-row.js';
import type { TokenForge } from './token-forge.js';

/** An answer to an introspection by which no token may be accepted. It differs from an honest one by its title alone. */
export interface HostileIntrospection {
  /** Requirement that it tests, as in `docs/specifications.md`. */
  readonly id: string;
  /** The check that has to refuse it. */
  readonly code: AuthErrorCode;
  readonly title: string;
  /** Body of a 200. */
  readonly body: string;
}

/** Of a JWT, and of no answer: it may leave these out. */
const OPTIONAL = new Set(['no iss', 'no jti']);

/** What an issuer says of an active token that is meant for the forge's audience (RFC 7662 §2.2), but for the deviation. */
export function introspectionOf(forge: TokenForge, deviation: object = {}): string {
  return JSON.stringify({ active: true, token_type: 'Bearer', ...forge.claims(), ...deviation });
}

/** The hostile answers: everything that is wrong with the claims of a JWT, and what only an answer can have wrong. */
export function hostileIntrospections(forge: TokenForge): readonly HostileIntrospection[] {
  const rows: readonly HostileRow[] = [
    ...[...claimRows(forge), ...timeRows(forge)]
      .filter(([, , title]) => !OPTIONAL.has(title))
      .map(([id, code, title, token]): HostileRow => [id, code, title, answerOf(token)]),
    ...answerRows(forge),
  ];
  return rows.map(([id, code, title, body]) => ({ id, code, title, body }));
}

/** With the claims of a JWT as they are spelled in it: `1e999` would not survive a parser. */
function answerOf(token: string): string {
  const claims = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString();
  return `{"active":true,"token_type":"Bearer",${claims.slice(1)}`;
}

function answerRows(forge: TokenForge): HostileRow[] {
  const honest = introspectionOf(forge);
  const withMembers = (members: object): string => introspectionOf(forge, members);
  return [
    ['INT-02', 'token_inactive', 'inactive', '{"active":false}'],
    ['INT-02', 'token_inactive', 'inactive, with all else as if it were', withMembers({ active: false })],
    ['BEA-10', 'introspection_unavailable', 'active as text', withMembers({ active: 'true' })],
    ['BEA-10', 'introspection_unavailable', 'active as a number', withMembers({ active: 1 })],
    ['BEA-10', 'introspection_unavailable', 'active as null', withMembers({ active: null })],
    ['BEA-10', 'introspection_unavailable', 'no active', withMembers({ active: undefined })],
    ['BEA-10', 'introspection_unavailable', 'active twice', `{"active":false,${honest.slice(1)}`],
    ['BEA-10', 'introspection_unavailable', 'a list', `[${honest}]`],
    ['BEA-10', 'introspection_unavailable', 'text', JSON.stringify(honest)],
    ['BEA-10', 'introspection_unavailable', 'null', 'null'],
    ['BEA-10', 'introspection_unavailable', 'nothing', ''],
    ['BEA-10', 'introspection_unavailable', 'a page', '<html></html>'],
    ['BEA-10', 'introspection_unavailable', 'half of it', honest.slice(0, honest.length / 2)],
    ['BEA-10', 'introspection_unavailable', '100 KB', withMembers({ more: 'x'.repeat(100_000) })],
    ['DPO-13', 'confirmation_unproven', 'a token of the type DPoP', withMembers({ token_type: 'DPoP' })],
    ['INT-03', 'type_refused', 'a token of another type', withMembers({ token_type: 'N_A' })],
    ['INT-03', 'claims_malformed', 'no token_type: a refresh token', withMembers({ token_type: undefined })],
    ['INT-06', 'claims_malformed', 'subject_clients as text', withMembers({ subject_clients: 'an-app' })],
    ['INT-03', 'claims_malformed', 'a token_type in a list', withMembers({ token_type: ['Bearer'] })],
  ];
}
