import { randomUUID, type JsonWebKey, type KeyObject, type X509Certificate } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { createSignature } from '../jose/signature-algorithm.js';
import { thumbprint } from '../jose/thumbprint.js';
import type { Principal } from '../principal.js';
import { TRANSACTION_TOKEN_TYPE, type ActorClaim, type TransactionTokenClaims } from './transaction-token.js';

/** Longest life of a transaction token, in seconds. A stolen one is useless after it. */
const LIFETIME_SECONDS = 30;
/** For how long one access token's requests share a transaction token; the signature is then paid once for them. */
const REUSE_MS = 10_000;
const MAX_REUSED = 10_000;

export interface TransactionTokenIssuerOptions {
  readonly trustDomain: string;
  /** SPIFFE ID of the workload that issues. */
  readonly workload: string;
  /** P-256 private key, used for nothing else. */
  readonly privateKey: KeyObject;
  /** Certifies the key for `workload`: the leaf first, then intermediates. */
  readonly certificates: readonly X509Certificate[];
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/**
 * Issues transaction tokens for principals that the edge has verified. What a token grants is what the access token
 * granted: subject, scopes and roles are copied, never widened, and the access token itself is not in it.
 */
export class TransactionTokenIssuer {
  private readonly reusable = new LRUCache<string, string>({ max: MAX_REUSED, ttl: REUSE_MS });
  private readonly publicJwk: JsonWebKey;
  private readonly kid: string;

  constructor(private readonly options: TransactionTokenIssuerOptions) {
    const { privateKey, certificates } = options;
    const [leaf] = certificates;
    if (privateKey.asymmetricKeyDetails?.namedCurve !== 'prime256v1') {
      throw new TypeError('transaction tokens are signed with a P-256 key');
    }
    if (leaf === undefined || !leaf.checkPrivateKey(privateKey)) {
      throw new TypeError('the certificate is not of the private key');
    }
    this.publicJwk = leaf.publicKey.export({ format: 'jwk' });
    this.kid = thumbprint(this.publicJwk);
  }

  /** The public key, with the certificates by which a verifier knows whose it is (RFC 7517 §4.7). */
  jwks(): { readonly keys: readonly JsonWebKey[] } {
    const x5c = this.options.certificates.map((certificate) => certificate.raw.toString('base64'));
    return { keys: [{ ...this.publicJwk, kid: this.kid, alg: 'ES256', use: 'sig', x5c }] };
  }

  issue(principal: Principal): string {
    // Keyed by all that was verified: an issuer that gives one jti twice must not mix its subjects up.
    const key = JSON.stringify(principal);
    const reusable = this.reusable.get(key);
    if (reusable !== undefined) return reusable;
    const token = this.sign(principal);
    this.reusable.set(key, token);
    return token;
  }

  private sign(principal: Principal): string {
    const { trustDomain, workload, privateKey, now } = this.options;
    const iat = Math.floor(now() / 1_000);
    const claims: TransactionTokenClaims = {
      aud: trustDomain,
      iat,
      exp: iat + LIFETIME_SECONDS,
      txn: randomUUID(),
      sub: principal.subject,
      scope: principal.scopes.join(' '),
      req_wl: workload,
      rctx: {
        iss: principal.issuer,
        client_id: principal.clientId,
        jti: principal.tokenId,
        roles: principal.roles,
        act: toActorClaim(principal.actors),
      },
    };
    const header = { alg: 'ES256', typ: TRANSACTION_TOKEN_TYPE, kid: this.kid };
    const signingInput = `${encode(header)}.${encode(claims)}`;
    return `${signingInput}.${createSignature('ES256', privateKey, signingInput).toString('base64url')}`;
  }
}

function toActorClaim(actors: readonly string[] = []): ActorClaim | undefined {
  return actors.reduceRight<ActorClaim | undefined>((act, sub) => ({ sub, act }), undefined);
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}
