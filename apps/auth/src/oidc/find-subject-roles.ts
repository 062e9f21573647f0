import type { Client, default as Provider } from 'oidc-provider';
import { z } from 'zod';
import type { SubjectToken } from '../token-exchange/subject-token.js';
import type { AuthenticatedAccount } from './token-claims.js';

export interface SubjectLookups {
  readonly findAccount: (id: string) => Promise<AuthenticatedAccount | undefined>;
  /** Whether verifiers have been told that a token with these claims has ended. */
  readonly isRevoked: (claims: SubjectToken) => Promise<boolean>;
}

/**
 * The roles that the subject of an access token has now.
 *
 * @returns undefined when the token counts for nothing any more, although it has not expired: its client is gone, its
 * account is disabled, its grant has ended, as it does at a logout, a revocation or a reuse, or an event ended it: of
 * a client that was enabled again, or of one whose token was exchanged for it. The exchange would give it a new `iat`.
 */
export async function findSubjectRoles(
  token: SubjectToken,
  provider: Provider,
  { findAccount, isRevoked }: SubjectLookups,
): Promise<readonly string[] | undefined> {
  const { client_id, sub, grant_id } = token;
  if ((await provider.Client.find(client_id)) === undefined || (await isRevoked(token))) return undefined;
  // A client's own token: no person and no grant.
  if (grant_id === undefined) return rolesOf(await provider.Client.find(sub));
  const [grant, account] = await Promise.all([provider.Grant.find(grant_id), findAccount(sub)]);
  return grant?.accountId === sub ? account?.roles : undefined;
}

function rolesOf(client: Client | undefined): readonly string[] | undefined {
  return client && z.array(z.string()).catch([]).parse(client['roles']);
}
