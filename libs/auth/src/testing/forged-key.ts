import {
  constants,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
  type JsonWebKey,
  type KeyObject,
} from 'node:crypto';
import { thumbprint } from '../jose/thumbprint.js';

interface ForgedAlgorithm {
  readonly digest: string | null;
  readonly pss?: boolean;
  readonly generate: () => { readonly privateKey: KeyObject; readonly publicKey: KeyObject };
}

const rsa = (): ReturnType<ForgedAlgorithm['generate']> =>
  generateKeyPairSync('rsa', { modulusLength: 2_048 });
const ec = (namedCurve: string) => (): ReturnType<ForgedAlgorithm['generate']> =>
  generateKeyPairSync('ec', { namedCurve });
const ed25519 = (): ReturnType<ForgedAlgorithm['generate']> => generateKeyPairSync('ed25519');

/** Every asymmetric algorithm that is registered for JWS, whether a verifier should accept it or not. */
const ALGORITHMS = {
  RS256: { digest: 'sha256', generate: rsa },
  RS384: { digest: 'sha384', generate: rsa },
  RS512: { digest: 'sha512', generate: rsa },
  PS256: { digest: 'sha256', pss: true, generate: rsa },
  PS384: { digest: 'sha384', pss: true, generate: rsa },
  PS512: { digest: 'sha512', pss: true, generate: rsa },
  ES256: { digest: 'sha256', generate: ec('P-256') },
  ES384: { digest: 'sha384', generate: ec('P-384') },
  ES512: { digest: 'sha512', generate: ec('P-521') },
  ES256K: { digest: 'sha256', generate: ec('secp256k1') },
  EdDSA: { digest: null, generate: ed25519 },
  Ed25519: { digest: null, generate: ed25519 },
  Ed448: { digest: null, generate: () => generateKeyPairSync('ed448') },
} as const satisfies Record<string, ForgedAlgorithm>;

export type ForgedAlgorithmName = keyof typeof ALGORITHMS;

export interface ForgedKey {
  readonly kid: string;
  readonly algorithm: ForgedAlgorithmName;
  readonly privateKey: KeyObject;
  /** As it stands in a JWKS. */
  readonly publicJwk: JsonWebKey;
}

/** Makes a key pair that no JWKS has. */
export function forgeKey(algorithm: ForgedAlgorithmName): ForgedKey {
  const { privateKey, publicKey } = ALGORITHMS[algorithm].generate();
  const jwk = publicKey.export({ format: 'jwk' });
  const kid = thumbprint(jwk);
  return { kid, algorithm, privateKey, publicJwk: { ...jwk, kid, alg: algorithm, use: 'sig' } };
}

/** Signs with the key, as its own algorithm or as another that its type can do. */
export function forgeSignature(
  signingInput: string,
  key: ForgedKey,
  algorithm: ForgedAlgorithmName = key.algorithm,
): Buffer {
  const { digest, pss }: ForgedAlgorithm = ALGORITHMS[algorithm];
  return sign(digest, Buffer.from(signingInput), {
    key: key.privateKey,
    dsaEncoding: 'ieee-p1363',
    ...(pss === true && {
      padding: constants.RSA_PKCS1_PSS_PADDING,
      saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
    }),
  });
}

/** Makes a forger's key of a real private key (P-256, PEM). */
export function forgedKeyOf(privateKeyPem: string): ForgedKey {
  const privateKey = createPrivateKey(privateKeyPem);
  const jwk = createPublicKey(privateKey).export({ format: 'jwk' });
  const kid = thumbprint(jwk);
  return { kid, algorithm: 'ES256', privateKey, publicJwk: { ...jwk, kid, alg: 'ES256', use: 'sig' } };
}
