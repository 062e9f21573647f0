import { parseActors, parseRoles, parseScopes, requireIdentifier } from '../access-token/claims-checks.js';
import { AuthError } from '../auth-error.js';
import { parseCompactJws } from '../jose/compact-jws.js';
import { checkHeader } from '../jose/header-checks.js';
import type { KeyStore } from '../jose/key-store.js';
import { verifySignature, type SignatureAlgorithm } from '../jose/signature-algorithm.js';
import { isJsonObject, parseStrictJson, type JsonObject } from '../jose/strict-json.js';
import { TRANSACTION_TOKEN_TYPE, type Transaction } from './transaction-token.js';

const ALGORITHMS: readonly SignatureAlgorithm[] = ['ES256', 'EdDSA', 'Ed25519'];
/** Longest life that is accepted, in seconds; the issuer gives 30. */
const MAX_LIFETIME_SECONDS = 60;
/** Between machines of one trust domain, in seconds. */
const CLOCK_TOLERANCE_SECONDS = 5;

export interface TransactionTokenVerifierOptions {
  readonly trustDomain: string;
  /** SPIFFE ID of the one workload whose tokens count. */
  readonly issuer: string;
  /** That workload's certified keys. */
  readonly keys: Pick<KeyStore, 'find'>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Verifies transaction tokens (draft-ietf-oauth-transaction-tokens, "Transaction Token Validation"). */
export class TransactionTokenVerifier {
  constructor(private readonly options: TransactionTokenVerifierOptions) {}

  /** @throws AuthError for a token that is refused, or `keys_unavailable` when the issuer's keys cannot be had */
  async verify(token: string): Promise<Transaction> {
    const jws = parseCompactJws(token);
    // The type keeps an access token from passing for a transaction token (RFC 8725 §3.11).
    const header = checkHeader(jws.header, { algorithms: ALGORITHMS, type: TRANSACTION_TOKEN_TYPE });
    const key = await this.options.keys.find(header.kid);
    if (key.algorithm !== header.algorithm) {
      throw new AuthError('algorithm_refused', 'the alg of the token is not the alg of its key');
    }
    if (!verifySignature(key.algorithm, key.key, jws.signingInput, jws.signature)) {
      throw new AuthError('signature_invalid', 'the signature is not of the key');
    }
    return this.validateClaims(parseStrictJson(jws.payload));
  }

  private validateClaims(claims: JsonObject): Transaction {
    const { trustDomain, issuer } = this.options;
    // One string: a token for two trust domains would let each act in the other.
    if (claims['aud'] !== trustDomain) {
      throw new AuthError('audience_mismatch', 'the aud is not this trust domain');
    }
    // The key is certified for one workload; a token that names another was not asked for by it.
    if (claims['req_wl'] !== issuer)
      throw new AuthError('issuer_untrusted', 'the req_wl is not the token service');
    this.assertTimes(claims);
    const { rctx } = claims;
    if (!isJsonObject(rctx) || typeof rctx['iss'] !== 'string') {
      throw new AuthError('claims_malformed', 'the rctx is missing or incomplete');
    }
    if (typeof claims['scope'] !== 'string') throw new AuthError('claims_malformed', 'the scope is missing');
    return {
      id: requireIdentifier(claims, 'txn'),
      principal: {
        issuer: rctx['iss'],
        subject: requireIdentifier(claims, 'sub'),
        clientId: requireIdentifier(rctx, 'client_id'),
        scopes: parseScopes(claims),
        roles: parseRoles(rctx['roles']),
        tokenId: requireIdentifier(rctx, 'jti'),
        actors: parseActors(rctx),
      },
    };
  }

  private assertTimes({ iat, exp }: JsonObject): void {
    if (!Number.isSafeInteger(iat) || !Number.isSafeInteger(exp)) {
      throw new AuthError('claims_malformed', 'the iat or the exp is missing or not a time');
    }
    const now = this.options.now() / 1_000;
    const [issuedAt, expiresAt] = [Number(iat), Number(exp)];
    if (expiresAt <= now - CLOCK_TOLERANCE_SECONDS)
      throw new AuthError('token_expired', 'the exp has passed');
    if (issuedAt > now + CLOCK_TOLERANCE_SECONDS)
      throw new AuthError('token_not_yet_valid', 'the iat lies ahead');
    if (expiresAt <= issuedAt || expiresAt - issuedAt > MAX_LIFETIME_SECONDS) {
      throw new AuthError('lifetime_too_long', 'the token lives too long');
    }
  }
}
