import type {
  AccessToken,
  Account as ProviderAccount,
  ClientCredentials,
  KoaContextWithOIDC,
} from 'oidc-provider';
import { EXCHANGED_CLAIMS, type ExchangedClaims } from '../token-exchange/exchanged-claims.js';
import { claimsOf, type Account } from '../accounts/account.js';

/** What the provider knows of the person while it answers a request. */
export interface AuthenticatedAccount extends ProviderAccount {
  readonly roles: Account['roles'];
}

export function toAuthenticatedAccount(account: Account): AuthenticatedAccount {
  return { accountId: account.id, roles: account.roles, claims: () => claimsOf(account) };
}

/**
 * Claims of an access token beyond those that oidc-provider sets. `roles` (RFC 9068 §2.2.3.1) are those of the
 * subject: of the person, or of a client that was registered with some. `auth_time` is that of the login, which a
 * refresh does not change (§2.2.1). By `sid` and `grant_id` a verifier knows the tokens of a session or of a grant that
 * has been revoked; under `offline_access` a token outlives its session (OpenID Connect Core §11) and has no `sid`: the
 * next one could not be told from one of before the logout. `sub` is repeated for a client, so that introspection of an
 * opaque token names its subject too.
 */
export function accessTokenClaims(
  { oidc }: KoaContextWithOIDC,
  token: AccessToken | ClientCredentials,
): Record<string, unknown> {
  if (token.kind === 'ClientCredentials') return { sub: token.clientId, roles: oidc.client?.['roles'] };
  const exchanged = oidc.entities[EXCHANGED_CLAIMS] as ExchangedClaims | undefined;
  if (exchanged !== undefined) return { ...exchanged };
  // The provider types an account as what it needs of it; `toAuthenticatedAccount` made every one.
  const account = oidc.entities.Account as AuthenticatedAccount | undefined;
  const source = oidc.entities.RefreshToken ?? oidc.entities.AuthorizationCode;
  const { sessionUid, expiresWithSession, grantId: grant_id } = token;
  const sid = expiresWithSession ? sessionUid : undefined;
  return { roles: account?.roles, auth_time: source?.authTime, sid, grant_id };
}
