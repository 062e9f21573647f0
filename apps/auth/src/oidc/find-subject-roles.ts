import type { Client, default as Provider } from 'oidc-provider';
import { z } from 'zod';
import type { SubjectToken } from '../token-exchange/subject-token.js';
import type { AuthenticatedAccount } from './token-claims.js';

/**
 * The roles that the subject of an access token has now.
 *
 * @returns undefined when the token counts for nothing any more, although it has not expired: its client is gone, its
 * account is disabled, or its grant has ended, as it does at a logout, a revocation or a reuse.
 */
export async function findSubjectRoles(
  { client_id, sub, grant_id }: SubjectToken,
  provider: Provider,
  findAccount: (id: string) => Promise<AuthenticatedAccount | undefined>,
): Promise<readonly string[] | undefined> {
  if ((await provider.Client.find(client_id)) === undefined) return undefined;
  // A client's own token: no person and no grant.
  if (grant_id === undefined) return rolesOf(await provider.Client.find(sub));
  const [grant, account] = await Promise.all([provider.Grant.find(grant_id), findAccount(sub)]);
  return grant?.accountId === sub ? account?.roles : undefined;
}

function rolesOf(client: Client | undefined): readonly string[] | undefined {
  return client && z.array(z.string()).catch([]).parse(client['roles']);
}
