import type { AccessTokenKind, AccessTokenKindChoice } from './access-token-kind.js';

/** A resource server that access tokens are issued for. Which one a token is for decides everything about the token. */
export interface ResourceServer {
  /** Resource identifier (RFC 8707): the `aud` of its tokens, to the letter. */
  readonly identifier: string;
  /**
   * URLs of resources of this server, which a client may name in the place of the identifier, with anything below them.
   * Its token is for the whole server all the same (RFC 8707 §2.2). Left out: none.
   */
  readonly parts?: readonly string[];
  /** The scopes that mean something there; a token for it has no others (RFC 9068 §3). */
  readonly scopes: readonly string[];
  readonly accessTokenSeconds: number;
  readonly accessToken: AccessTokenKind;
  /**
   * Kinds that a client's registration may choose instead: some only where the verifiers are known to take them, which
   * is so at the API.
   */
  readonly choices: readonly AccessTokenKindChoice[];
}
