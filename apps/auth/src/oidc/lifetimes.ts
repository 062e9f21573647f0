import type { Configuration } from 'oidc-provider';
import { ACCESS_TOKEN_SECONDS } from '../resource-servers/access-token-seconds.js';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const ID_TOKEN_SECONDS = 10 * MINUTE;
const REFRESH_TOKEN_IDLE_SECONDS = 14 * DAY;
const REFRESH_TOKEN_ABSOLUTE_SECONDS = 30 * DAY;
export const SESSION_SECONDS = 14 * DAY;
/** How long a person has to fill a form in. */
const FORM_SECONDS = 30 * MINUTE;

/** So long after its last signature a key can still be needed. */
export const LONGEST_SIGNED_TOKEN_SECONDS = Math.max(ACCESS_TOKEN_SECONDS, ID_TOKEN_SECONDS);

export const lifetimes: Configuration['ttl'] = {
  // The resource server decides; without one the token is for userinfo.
  AccessToken: (_ctx, token) => token.resourceServer?.accessTokenTTL ?? ACCESS_TOKEN_SECONDS,
  ClientCredentials: (_ctx, token) => token.resourceServer?.accessTokenTTL ?? ACCESS_TOKEN_SECONDS,
  AuthorizationCode: MINUTE,
  DeviceCode: 10 * MINUTE,
  IdToken: ID_TOKEN_SECONDS,
  Interaction: FORM_SECONDS,
  // One in which nobody is logged in holds the token of a form; strangers can have any number of them.
  Session: (_ctx, { accountId }) => (accountId === undefined ? FORM_SECONDS : SESSION_SECONDS),
  Grant: REFRESH_TOKEN_ABSOLUTE_SECONDS,
  RefreshToken: (_ctx, token) => refreshTokenSeconds(token.totalLifetime()),
};

/**
 * How long the next refresh token is good for: until it has been idle for 14 days, and never past 30 days from the
 * login, however often it is rotated (RFC 9700 §4.14.2). One second is the shortest that can be said.
 */
export function refreshTokenSeconds(secondsSinceLogin: number): number {
  return Math.max(
    1,
    Math.min(REFRESH_TOKEN_IDLE_SECONDS, REFRESH_TOKEN_ABSOLUTE_SECONDS - secondsSinceLogin),
  );
}
