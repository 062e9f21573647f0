import { AuthError } from '../auth-error.js';
import { decodeBase64Url } from './base64url.js';
import { parseStrictJson, type JsonObject } from './strict-json.js';

/** Longest token that is looked at. Keycloak's and Entra's larger tokens stay well below it. */
export const MAX_TOKEN_LENGTH = 8_192;
/** Three non-empty parts (RFC 7515 §7.1). Five parts are a JWE, which is refused unopened (RFC 8725 §3.3). */
const COMPACT_FORM = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;

/** A token taken apart. Nothing in it is trusted yet. */
export interface CompactJws {
  readonly header: JsonObject;
  /** What the signature covers: the first two parts as they came. */
  readonly signingInput: string;
  readonly payload: Buffer;
  readonly signature: Buffer;
}

/**
 * Reads the compact serialization and no other: no JSON serialization, no padding, no white space, no character
 * outside base64url's alphabet (RFC 7515 §7.1; rfc8725bis, "Check JWT Format Type").
 *
 * @throws AuthError `token_malformed`
 */
export function parseCompactJws(token: string): CompactJws {
  if (token.length > MAX_TOKEN_LENGTH) throw new AuthError('token_malformed', 'the token is too long');
  if (!COMPACT_FORM.test(token)) throw new AuthError('token_malformed', 'the token is not a compact JWS');
  const headerEnd = token.indexOf('.');
  const payloadEnd = token.lastIndexOf('.');
  return {
    header: parseStrictJson(decodeBase64Url(token.slice(0, headerEnd))),
    signingInput: token.slice(0, payloadEnd),
    payload: decodeBase64Url(token.slice(headerEnd + 1, payloadEnd)),
    signature: decodeBase64Url(token.slice(payloadEnd + 1)),
  };
}
