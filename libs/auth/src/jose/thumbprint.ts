import { createHash, type JsonWebKey } from 'node:crypto';

/** JWK thumbprint (RFC 7638 §3): SHA-256 over the required members in lexical order, base64url, 43 characters. */
export function thumbprint(jwk: JsonWebKey): string {
  return createHash('sha256')
    .update(JSON.stringify(requiredMembers(jwk)))
    .digest('base64url');
}

function requiredMembers({ kty, crv, x, y, e, n }: JsonWebKey): Partial<JsonWebKey> {
  switch (kty) {
    case 'EC':
      return { crv, kty, x, y };
    case 'OKP':
      return { crv, kty, x };
    case 'RSA':
      return { e, kty, n };
    default:
      throw new TypeError('a thumbprint is of an EC, OKP or RSA key');
  }
}
