import { createHash, randomUUID } from 'node:crypto';
import {
  calculateJwkThumbprint,
  exportJWK,
  generateKeyPair,
  SignJWT,
  type CryptoKey,
  type JWK,
  type JWTPayload,
} from 'jose';
import { tokenRequest, type TokenAnswer } from './token-endpoint.ts';

const ALGORITHM = 'ES256';

export interface ProofRequest {
  readonly method: string;
  readonly url: string;
  readonly nonce?: string | undefined;
  readonly accessToken?: string;
}

/** What a test makes different about a proof; undefined leaves a member out. */
export interface ProofChanges {
  readonly claims?: JWTPayload;
  readonly header?: Readonly<Record<string, unknown>>;
  readonly signedBy?: DpopKey;
}

/** A client's key for DPoP (RFC 9449). */
export class DpopKey {
  readonly publicJwk: JWK;
  readonly privateJwk: JWK;
  readonly thumbprint: string;
  private readonly privateKey: CryptoKey;

  private constructor(privateKey: CryptoKey, privateJwk: JWK, publicJwk: JWK, thumbprint: string) {
    this.privateKey = privateKey;
    this.privateJwk = privateJwk;
    this.publicJwk = publicJwk;
    this.thumbprint = thumbprint;
  }

  static async generate(): Promise<DpopKey> {
    const { privateKey, publicKey } = await generateKeyPair(ALGORITHM, { extractable: true });
    const [privateJwk, publicJwk] = [await exportJWK(privateKey), await exportJWK(publicKey)];
    return new DpopKey(privateKey, privateJwk, publicJwk, await calculateJwkThumbprint(publicJwk));
  }

  async proof(
    { method, url, nonce, accessToken }: ProofRequest,
    { claims, header, signedBy = this }: ProofChanges = {},
  ): Promise<string> {
    const ath =
      accessToken === undefined ? {} : { ath: createHash('sha256').update(accessToken).digest('base64url') };
    const payload = {
      jti: randomUUID(),
      htm: method,
      htu: url,
      iat: seconds(),
      ...(nonce && { nonce }),
      ...ath,
    };
    return new SignJWT({ ...payload, ...claims })
      .setProtectedHeader({ alg: ALGORITHM, typ: 'dpop+jwt', jwk: this.publicJwk, ...header })
      .sign(signedBy.privateKey);
  }
}

/** Sends a token request with a proof that carries the issuer's current nonce, unless the changes say otherwise. */
export async function dpopTokenRequest(
  issuer: string,
  key: DpopKey,
  parameters: Readonly<Record<string, string | undefined>>,
  changes: ProofChanges = {},
): Promise<TokenAnswer> {
  const proof = await key.proof(
    { method: 'POST', url: `${issuer}/token`, nonce: await currentNonce(issuer) },
    changes,
  );
  return tokenRequest(issuer, parameters, { dpop: proof });
}

/** The nonce that the issuer wants in proofs: it tells whoever comes without (RFC 9449 §8). */
export async function currentNonce(issuer: string): Promise<string> {
  const key = await DpopKey.generate();
  const dpop = await key.proof({ method: 'POST', url: `${issuer}/token` });
  const parameters = { grant_type: 'refresh_token', client_id: 'demo-web', refresh_token: 'none' };
  const { headers } = await tokenRequest(issuer, parameters, { dpop });
  return headers.get('dpop-nonce') ?? '';
}

export function seconds(): number {
  return Math.floor(Date.now() / 1_000);
}
