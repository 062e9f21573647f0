import { createHash } from 'node:crypto';
import type { JWK } from 'jose';
import type { SigningAlgorithm } from '../key-ring.ts';
import * as pkcs11 from './cryptoki.ts';
import type { Attribute, Mechanism } from './cryptoki.ts';

const RSA_MODULUS_BITS = 3072;
/** DER: the OIDs of P-256 (RFC 5480 §2.1.1.1), and "edwards25519" as PKCS #11 v3.0 §2.3.5 names the curve. */
const P256 = Buffer.from('06082a8648ce3d030107', 'hex');
const ED25519 = Buffer.from('130c656477617264733235353139', 'hex');
const COORDINATE_BYTES = 32;

/** How keys of one algorithm are made in a token, and how they sign. */
export interface KeyKind {
  readonly generation: Mechanism;
  readonly parameters: readonly Attribute[];
  readonly signing: Mechanism;
  /** What the mechanism signs of the data. */
  digest(data: Uint8Array): Uint8Array;
  /** The attributes of the public key that make its JWK. */
  readonly publicAttributes: readonly number[];
  toJwk(values: readonly Buffer[]): JWK;
}

const rsa = {
  generation: { mechanism: pkcs11.CKM_RSA_PKCS_KEY_PAIR_GEN },
  parameters: [
    { type: pkcs11.CKA_MODULUS_BITS, value: RSA_MODULUS_BITS },
    { type: pkcs11.CKA_PUBLIC_EXPONENT, value: Buffer.from([1, 0, 1]) },
  ],
  digest: (data: Uint8Array) => data,
  publicAttributes: [pkcs11.CKA_MODULUS, pkcs11.CKA_PUBLIC_EXPONENT],
  toJwk: ([n, e]: readonly Buffer[]): JWK => ({
    kty: 'RSA',
    n: withoutLeadingZeros(n).toString('base64url'),
    e: withoutLeadingZeros(e).toString('base64url'),
  }),
} as const;

export const KEY_KINDS: Readonly<Record<SigningAlgorithm, KeyKind>> = {
  RS256: { ...rsa, signing: { mechanism: pkcs11.CKM_SHA256_RSA_PKCS } },
  PS256: {
    ...rsa,
    signing: {
      mechanism: pkcs11.CKM_SHA256_RSA_PKCS_PSS,
      // RFC 7518 §3.5: the salt is as long as the hash.
      parameter: {
        type: pkcs11.PARAMETER_RSA_PSS,
        hashAlg: pkcs11.CKM_SHA256,
        mgf: pkcs11.CKG_MGF1_SHA256,
        saltLen: 32,
      },
    },
  },
  ES256: {
    generation: { mechanism: pkcs11.CKM_EC_KEY_PAIR_GEN },
    parameters: [{ type: pkcs11.CKA_EC_PARAMS, value: P256 }],
    // Signs a digest, and gives r || s as RFC 7518 §3.4 has it.
    signing: { mechanism: pkcs11.CKM_ECDSA },
    digest: (data) => createHash('sha256').update(data).digest(),
    publicAttributes: [pkcs11.CKA_EC_POINT],
    toJwk: ([point]) => {
      const [x, y] = coordinates(point, 2);
      return { kty: 'EC', crv: 'P-256', x, y };
    },
  },
  EdDSA: {
    generation: { mechanism: pkcs11.CKM_EC_EDWARDS_KEY_PAIR_GEN },
    parameters: [{ type: pkcs11.CKA_EC_PARAMS, value: ED25519 }],
    signing: { mechanism: pkcs11.CKM_EDDSA },
    digest: (data) => data,
    publicAttributes: [pkcs11.CKA_EC_POINT],
    toJwk: ([point]) => ({ kty: 'OKP', crv: 'Ed25519', x: coordinates(point, 1)[0] }),
  },
};

/** RFC 7518 §6.3.1.1: a modulus has no leading zero octets; a token may give it some. */
function withoutLeadingZeros(bytes: Buffer = Buffer.alloc(0)): Buffer {
  const start = bytes.findIndex((byte) => byte !== 0);
  return bytes.subarray(Math.max(start, 0));
}

/** The coordinates stand at the end of a point, whatever is before them (the DER header, the form of the point). */
function coordinates(point: Buffer = Buffer.alloc(0), count: number): string[] {
  const bytes = point.subarray(-count * COORDINATE_BYTES);
  return Array.from({ length: count }, (_none, index) =>
    bytes.subarray(index * COORDINATE_BYTES, (index + 1) * COORDINATE_BYTES).toString('base64url'),
  );
}
