import { X509Certificate } from 'node:crypto';
import { importVerificationKey, UnusableKeyError, type VerificationKey } from '../jose/verification-key.js';
import { spiffeIdOf } from '../propagation/spiffe.js';

const MAX_CHAIN_LENGTH = 4;
/** Extended key usages of RFC 5280 §4.2.1.12: server and client authentication. */
const TLS_USAGES: ReadonlySet<string> = new Set(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']);

export interface CertifiedKeyRules {
  /** The trust domain's authorities. */
  readonly authorities: () => readonly X509Certificate[];
  /** SPIFFE ID that the key's certificate has to be for. */
  readonly spiffeId: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/**
 * Takes a transaction-token key only if the trust domain's authority has certified it for the issuing workload
 * (`x5c`, RFC 7517 §4.7). The JWKS may then come over any network: who answers in the gateway's place, or stands in
 * between, cannot put a key of his own into it.
 *
 * @throws UnusableKeyError
 */
export function importCertifiedKey(jwk: unknown, rules: CertifiedKeyRules): VerificationKey {
  const key = importVerificationKey(jwk);
  const [leaf, ...intermediates] = parseChain(jwk);
  if (leaf === undefined) throw new UnusableKeyError('has no certificate');
  if (!leaf.publicKey.equals(key.key)) throw new UnusableKeyError('has a certificate of another key');
  if (spiffeIdOf(leaf.subjectAltName) !== rules.spiffeId) {
    throw new UnusableKeyError('is certified for another workload');
  }
  // Keys are apart by use: one that opens connections is in more hands' reach than one that signs identities.
  if (leaf.keyUsage?.some((usage) => TLS_USAGES.has(usage)))
    throw new UnusableKeyError('is certified for TLS');
  assertChain([leaf, ...intermediates], rules);
  return key;
}

function parseChain(jwk: unknown): readonly X509Certificate[] {
  const { x5c } = jwk as { readonly x5c?: unknown };
  if (!Array.isArray(x5c) || x5c.length > MAX_CHAIN_LENGTH)
    throw new UnusableKeyError('has no certificate chain');
  try {
    return x5c.map((der: unknown) => new X509Certificate(Buffer.from(String(der), 'base64')));
  } catch (cause) {
    throw new UnusableKeyError('has a certificate that cannot be read', { cause });
  }
}

/** Each certificate is in its time and issued by the next, the last by an authority (RFC 5280 §6.1, without policies). */
function assertChain(chain: readonly X509Certificate[], { authorities, now }: CertifiedKeyRules): void {
  for (const [index, certificate] of chain.entries()) {
    if (now() < certificate.validFromDate.getTime() || now() > certificate.validToDate.getTime()) {
      throw new UnusableKeyError('has a certificate that is not in its time');
    }
    const issuers = authorities();
    if (issuers.some((issuer) => isIssuedBy(certificate, issuer))) return;
    const next = chain[index + 1];
    if (next === undefined || !next.ca || !isIssuedBy(certificate, next)) break;
  }
  throw new UnusableKeyError('is not certified by an authority of the trust domain');
}

function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}
