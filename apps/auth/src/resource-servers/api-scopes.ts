/** The scopes of the API. An access token for it carries these and no others: never `openid` (RFC 9068 §3). */
export const API_SCOPES = ['orders:read', 'orders:write', 'payments:read', 'payments:write'] as const;
