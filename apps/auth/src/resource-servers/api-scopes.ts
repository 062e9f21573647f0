/** The scopes of the API. An access token for it carries these and no others: never `openid` (RFC 9068 §3). */
export const API_SCOPES = ['orders:read', 'orders:write', 'payments:read', 'payments:write'] as const;

/** The resources of the API by their paths: a client that found one of them asks for a token for that (RFC 9728 §3.3). */
export const API_PATHS = ['/me', '/orders', '/payments'] as const;
