import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CryptoKey, importJWK, SignJWT, type JWK, type JWTPayload } from 'jose';
import { tokenRequest, type TokenAnswer } from './token-endpoint.ts';

export const BACKEND_ID = 'demo-backend';
const ALGORITHM = 'ES256';
const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

export type ClientAssertion = Readonly<
  Record<'client_id' | 'client_assertion' | 'client_assertion_type', string>
>;

/** What a test makes different about a client assertion; undefined leaves a claim out. */
export interface AssertionChanges {
  readonly claims?: JWTPayload;
  readonly header?: { readonly typ?: string };
  readonly key?: CryptoKey | Uint8Array;
}

/** The client demo-backend, which authenticates with a key of its own (private_key_jwt). */
export class DemoBackend {
  private readonly issuer: string;
  readonly key: CryptoKey | Uint8Array;

  constructor(issuer: string, key: CryptoKey | Uint8Array) {
    this.issuer = issuer;
    this.key = key;
  }

  /** Reads the private key that the issuer's first start left for whoever plays the client. */
  static async load(issuer: string, dataDir = process.env['DATA_DIR'] ?? '.data'): Promise<DemoBackend> {
    const jwk: JWK = JSON.parse(readFileSync(join(dataDir, 'auth', 'demo-backend.jwk.json'), 'utf8'));
    return new DemoBackend(issuer, await importJWK(jwk, ALGORITHM));
  }

  /** Parameters with which it authenticates once. */
  async authentication({ claims, header, key = this.key }: AssertionChanges = {}): Promise<ClientAssertion> {
    const now = Math.floor(Date.now() / 1_000);
    const assertion = await new SignJWT({
      iss: BACKEND_ID,
      sub: BACKEND_ID,
      aud: this.issuer,
      jti: randomUUID(),
      iat: now,
      exp: now + 60,
      ...claims,
    })
      .setProtectedHeader({ alg: ALGORITHM, ...header })
      .sign(key);
    return { client_id: BACKEND_ID, client_assertion: assertion, client_assertion_type: ASSERTION_TYPE };
  }

  async token(changes: AssertionChanges = {}): Promise<TokenAnswer> {
    const parameters = { grant_type: 'client_credentials', scope: 'orders:read' };
    return tokenRequest(this.issuer, { ...parameters, ...(await this.authentication(changes)) });
  }

  /** @returns the answer to a pushed authorization request (RFC 9126 §2) */
  async push(url: URL): Promise<TokenAnswer> {
    const parameters = { ...Object.fromEntries(url.searchParams), ...(await this.authentication()) };
    const body = new URLSearchParams(parameters);
    const response = await fetch(`${this.issuer}/par`, { method: 'POST', body });
    return { status: response.status, headers: response.headers, body: await response.json() };
  }
}
