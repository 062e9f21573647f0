import type { HostileRow } from './hostile-row.js';
import { signCompact, type TokenForge } from './token-forge.js';

/** Claims that are missing, of another type, or of another value (RFC 9068 §4). */
export function claimRows(forge: TokenForge): HostileRow[] {
  const { issuer, audience } = forge.options;
  const withClaims = (claims: Record<string, unknown>): string => forge.accessToken({ claims });
  return [
    ['JWT-10', 'issuer_untrusted', 'another issuer', withClaims({ iss: 'http://attacker.example' })],
    ['JWT-10', 'issuer_untrusted', 'the issuer with a slash', withClaims({ iss: `${issuer}/` })],
    ['JWT-10', 'issuer_untrusted', 'the issuer in capitals', withClaims({ iss: issuer.toUpperCase() })],
    ['JWT-10', 'issuer_untrusted', 'the issuer in a list', withClaims({ iss: [issuer] })],
    ['JWT-10', 'issuer_untrusted', 'no iss', withClaims({ iss: undefined })],
    ['JWT-12', 'audience_mismatch', 'another audience', withClaims({ aud: 'http://other.example' })],
    ['JWT-12', 'audience_mismatch', 'the audience with a slash', withClaims({ aud: `${audience}/` })],
    [
      'JWT-12',
      'audience_mismatch',
      'the audience with something in front',
      withClaims({ aud: `x${audience}` }),
    ],
    [
      'JWT-12',
      'audience_mismatch',
      'the client as audience, as an ID token has it',
      withClaims({ aud: 'demo-web' }),
    ],
    ['JWT-12', 'claims_malformed', 'no aud', withClaims({ aud: undefined })],
    ['JWT-12', 'audience_mismatch', 'an empty aud', withClaims({ aud: [] })],
    ['JWT-12', 'claims_malformed', 'an aud that is an object', withClaims({ aud: { [audience]: true } })],
    [
      'JWT-12',
      'claims_malformed',
      'an aud with something that is no text',
      withClaims({ aud: [audience, 1] }),
    ],
    ['JWT-11', 'claims_malformed', 'no sub', withClaims({ sub: undefined })],
    ['JWT-11', 'claims_malformed', 'an empty sub', withClaims({ sub: '' })],
    ['JWT-11', 'claims_malformed', 'a sub that is a number', withClaims({ sub: 1 })],
    ['JWT-11', 'claims_malformed', 'a sub that is an object', withClaims({ sub: { id: 1 } })],
    ['JWT-11', 'claims_malformed', 'a sub of 300 characters', withClaims({ sub: 's'.repeat(300) })],
    ['JWT-11', 'claims_malformed', 'a sub with a line break', withClaims({ sub: 'a\r\nx-user-role: admin' })],
    ['ATJ-03', 'claims_malformed', 'no client_id', withClaims({ client_id: undefined })],
    ['ATJ-03', 'claims_malformed', 'no jti', withClaims({ jti: undefined })],
    ['ATJ-03', 'claims_malformed', 'a jti that is a number', withClaims({ jti: 1 })],
    ['ATJ-04', 'claims_malformed', 'a scope that is a list', withClaims({ scope: ['orders:read'] })],
    ['ATJ-04', 'claims_malformed', 'a scope with a quote', withClaims({ scope: 'orders:read "' })],
    [
      'ATJ-04',
      'claims_malformed',
      'a scope with two spaces',
      withClaims({ scope: 'orders:read  orders:write' }),
    ],
    [
      'DPO-13',
      'confirmation_unproven',
      'a key that it is bound to',
      withClaims({ cnf: { jkt: 'a'.repeat(43) } }),
    ],
    [
      'DPO-13',
      'confirmation_unproven',
      'a certificate that it is bound to',
      withClaims({ cnf: { 'x5t#S256': 'a'.repeat(43) } }),
    ],
    ['DPO-13', 'confirmation_unproven', 'a binding of an unknown kind', withClaims({ cnf: {} })],
    ['ATJ-03', 'claims_malformed', 'roles that are text', withClaims({ roles: 'admin' })],
    [
      'ATJ-03',
      'claims_malformed',
      'roles with something that is no text',
      withClaims({ roles: ['customer', 1] }),
    ],
  ];
}

/** Times that an honest token does not have. */
export function timeRows(forge: TokenForge): HostileRow[] {
  const now = Math.floor(forge.options.now() / 1_000);
  const withClaims = (claims: Record<string, unknown>): string => forge.accessToken({ claims });
  const withNumber = (name: string, literal: string): string => {
    const claims = JSON.stringify({ ...forge.claims(), [name]: 0 }).replace(
      `"${name}":0`,
      `"${name}":${literal}`,
    );
    return signCompact(forge.header(), claims, forge.key);
  };
  return [
    [
      'JWT-21',
      'token_expired',
      'an exp that has passed, beyond the skew',
      withClaims({ iat: now - 331, exp: now - 31 }),
    ],
    ['JWT-21', 'token_not_yet_valid', 'an nbf beyond the skew', withClaims({ nbf: now + 270 })],
    ['JWT-21', 'claims_malformed', 'an nbf that is text', withClaims({ nbf: String(now) })],
    [
      'JWT-22',
      'token_not_yet_valid',
      'an iat more than a minute ahead',
      withClaims({ iat: now + 550, exp: now + 900 }),
    ],
    ['JWT-23', 'lifetime_too_long', 'a life of a year', withClaims({ exp: now + 31_536_000 })],
    ['JWT-23', 'lifetime_too_long', 'a life of 601 seconds', withClaims({ iat: now, exp: now + 601 })],
    ['JWT-23', 'claims_malformed', 'no exp', withClaims({ exp: undefined })],
    ['JWT-23', 'claims_malformed', 'no iat', withClaims({ iat: undefined })],
    ['JWT-23', 'claims_malformed', 'an exp that is text', withClaims({ exp: String(now + 300) })],
    ['JWT-23', 'claims_malformed', 'an exp of 1e308', withNumber('exp', '1e308')],
    ['JWT-23', 'claims_malformed', 'an exp of 1e999, which parses as infinite', withNumber('exp', '1e999')],
    ['JWT-23', 'claims_malformed', 'an exp that is null', withClaims({ exp: null })],
    ['JWT-23', 'claims_malformed', 'an exp before the iat', withClaims({ iat: now + 20, exp: now + 10 })],
    ['JWT-23', 'claims_malformed', 'an exp that is not after the iat', withClaims({ iat: now, exp: now })],
  ];
}
