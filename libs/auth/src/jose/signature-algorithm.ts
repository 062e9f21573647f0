import { constants, sign, verify, type KeyObject } from 'node:crypto';

/**
 * The signature algorithms that a verifier may be told to accept. `none`, the HMACs and everything else registered
 * cannot even be configured (RFC 8725 §3.1, §3.2). `Ed25519` is the fully specified name (RFC 9864) of what
 * `EdDSA` means here.
 */
export const SIGNATURE_ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA', 'Ed25519'] as const;
export type SignatureAlgorithm = (typeof SIGNATURE_ALGORITHMS)[number];

export function isSignatureAlgorithm(value: unknown): value is SignatureAlgorithm {
  return (SIGNATURE_ALGORITHMS as readonly unknown[]).includes(value);
}

interface Primitive {
  /** Digest; null where the algorithm brings its own. */
  readonly digest: 'sha256' | null;
  readonly options?: {
    readonly padding?: number;
    readonly saltLength?: number;
    readonly dsaEncoding?: 'ieee-p1363';
  };
}

const ED25519: Primitive = { digest: null };
const PRIMITIVES: Record<SignatureAlgorithm, Primitive> = {
  RS256: { digest: 'sha256', options: { padding: constants.RSA_PKCS1_PADDING } },
  // RFC 7518 §3.5: the salt is as long as the digest.
  PS256: { digest: 'sha256', options: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 } },
  // RFC 7518 §3.4: R and S side by side, 64 bytes; not DER, which has more than one spelling.
  ES256: { digest: 'sha256', options: { dsaEncoding: 'ieee-p1363' } },
  EdDSA: ED25519,
  Ed25519: ED25519,
};

export function verifySignature(
  algorithm: SignatureAlgorithm,
  key: KeyObject,
  signingInput: string,
  signature: Uint8Array,
): boolean {
  const { digest, options } = PRIMITIVES[algorithm];
  return verify(digest, Buffer.from(signingInput, 'ascii'), { key, ...options }, signature);
}

export function createSignature(algorithm: SignatureAlgorithm, key: KeyObject, signingInput: string): Buffer {
  const { digest, options } = PRIMITIVES[algorithm];
  return sign(digest, Buffer.from(signingInput, 'ascii'), { key, ...options });
}
