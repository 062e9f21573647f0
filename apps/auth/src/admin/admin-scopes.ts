/** The scopes of the admin API, one for each part of it. */
export const ADMIN_SCOPES = ['keys:admin', 'clients:admin', 'accounts:admin'] as const;

export type AdminScope = (typeof ADMIN_SCOPES)[number];

/**
 * Resource identifier of the admin API. It is not the API's: a token that a gateway or a service gets to see is no
 * good here (RFC 8707 §2).
 */
export function adminResource(issuer: string): string {
  return `${issuer}/admin`;
}
