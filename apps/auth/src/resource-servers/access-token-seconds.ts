/** The longest that a stolen access token is good for, and the longest that a change of roles takes. */
export const ACCESS_TOKEN_SECONDS = 5 * 60;
