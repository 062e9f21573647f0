import type { Confirmation } from './sender/confirmation.js';

/**
 * The verified caller: on whose behalf a request is made, and through which client. It exists only after a token
 * has been verified, and is never built from a header, a body or an unverified claim.
 */
export interface Principal {
  /** `iss` of the access token: subjects of different issuers are different callers. */
  readonly issuer: string;
  /** `sub`: an account, or the client itself where no person is involved (RFC 9068 §2.2). */
  readonly subject: string;
  /** `client_id`: the application that asked. */
  readonly clientId: string;
  /** `scope`, split: what the client may do. */
  readonly scopes: readonly string[];
  /** `roles`: what the subject is (RFC 9068 §2.2.3.1). Empty for a client of its own. */
  readonly roles: readonly string[];
  /** `jti` of the access token. */
  readonly tokenId: string;
  /**
   * `act`: who acts for the subject, by exchange of a token (RFC 8693 §4.1), the current actor first. Undefined when
   * nobody stands between. For audit; access depends on the subject and its scopes.
   */
  readonly actors?: readonly string[] | undefined;
  /**
   * `cnf`: the key that the token is bound to, and that its sender has proven to have. Undefined for a bearer's token,
   * and behind the edge, where no proof can be seen.
   */
  readonly confirmation?: Confirmation | undefined;
}

/** Identity in the header names that upstreams without this library read; see `identityHeaders`. */
export interface IdentityHeaders {
  readonly 'x-user-id': string;
  readonly 'x-user-role': string;
  readonly 'x-scope': string;
}

/**
 * The read-only view of a principal in plain headers. It is computed from the verified token and goes out only; a
 * service that read these names from the wire would trust whoever typed them (OWASP ASVS 5.0 4.1.3).
 */
export function identityHeaders(principal: Principal): IdentityHeaders {
  return Object.freeze({
    'x-user-id': principal.subject,
    'x-user-role': principal.roles.join(' '),
    'x-scope': principal.scopes.join(' '),
  });
}
