import type { Principal } from '@countersign/auth';

/** The scopes of the admin API, one for each part of it. */
export const ADMIN_SCOPES = ['keys:admin', 'clients:admin', 'accounts:admin'] as const;

export type AdminScope = (typeof ADMIN_SCOPES)[number];

/**
 * Admin scopes that a caller has not. Who has not all of them hands nothing out that may need any: the role admin opens
 * every part of the admin API, by whichever client its owner comes.
 */
export function missingAdminScopes({ scopes }: Pick<Principal, 'scopes'>): readonly AdminScope[] {
  return ADMIN_SCOPES.filter((scope) => !scopes.includes(scope));
}

/**
 * Resource identifier of the admin API. It is not the API's: a token that a gateway or a service gets to see is no
 * good here (RFC 8707 §2).
 */
export function adminResource(issuer: string): string {
  return `${issuer}/admin`;
}
