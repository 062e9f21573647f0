/** How old a proof may be, and how far ahead of our clock its `iat` (RFC 9449 §11.1), in seconds. */
export const MAX_PROOF_AGE_SECONDS = 300;
export const MAX_PROOF_AHEAD_SECONDS = 60;
