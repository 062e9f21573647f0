/** What a scope lets a client do, in the words of the person who is asked. */
export const SCOPES_IN_WORDS: Readonly<Record<string, string>> = {
  openid: 'know that it is you',
  profile: 'see your name',
  email: 'see your e-mail address',
  offline_access: 'stay connected while you are away',
  'orders:read': 'see your orders',
  'orders:write': 'place, change and cancel orders for you',
  'payments:read': 'see your payments',
  'payments:write': 'make payments and refunds for you',
};
