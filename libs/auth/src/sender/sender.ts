/** Whatever a request shows of its sender, beside the access token itself. */
export interface Sender {
  /** With the scheme `DPoP`; null with `Bearer`. */
  readonly proof: PossessionProof | null;
  /**
   * SHA-256 of the certificate that the client has shown in its TLS handshake, base64url; null when nobody who is
   * trusted says so.
   */
  readonly certificateThumbprint: () => string | null;
}

/** A proof of which all has been checked but whose key it is, its signature, and that it is new. */
export interface PossessionProof {
  /**
   * Verifies that the proof was made with this key, and uses it up.
   *
   * @param jkt JWK thumbprint of the key that the token is bound to
   * @throws AuthError
   */
  verify(jkt: string): Promise<void>;
}

/** Shows the token and nothing else (RFC 6750). */
export const BEARER: Sender = { proof: null, certificateThumbprint: () => null };
