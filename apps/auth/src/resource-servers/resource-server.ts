import type { AccessTokenKind, AccessTokenKindChoice } from './access-token-kind.js';

/** A resource server that access tokens are issued for. Which one a token is for decides everything about the token. */
export interface ResourceServer {
  /** Resource identifier (RFC 8707): the `aud` of its tokens, to the letter. */
  readonly identifier: string;
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
