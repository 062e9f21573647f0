import { Logger } from '@nestjs/common';
import { fetchJson } from '../jose/fetch-json.js';
import { KeyStore } from '../jose/key-store.js';
import { isJsonObject } from '../jose/strict-json.js';
import { importCertifiedKey } from '../transaction-token/certified-key.js';
import { TransactionTokenVerifier } from '../transaction-token/transaction-token-verifier.js';
import { spiffeId } from './spiffe.js';
import type { WorkloadIdentity } from './workload-identity.js';

const FETCH_LIMITS = { timeoutMs: 2_000, maxBytes: 65_536 };

export interface TransactionTokenTrust {
  readonly trustDomain: string;
  /** Name of the workload that issues transaction tokens. */
  readonly issuer: string;
  /** Where that workload publishes its keys. */
  readonly jwksUri: string;
  /** Whose trust bundle certifies the keys. */
  readonly identity: WorkloadIdentity;
}

/** Makes the verifier of a trust domain's transaction tokens, with the issuing workload's certified keys. */
export function createTransactionTokenVerifier(trust: TransactionTokenTrust): TransactionTokenVerifier {
  const { trustDomain, identity, jwksUri } = trust;
  const issuer = spiffeId(trustDomain, trust.issuer);
  const logger = new Logger('TransactionTokenKeys');
  const keys = new KeyStore({
    fetchKeys: async () => {
      const jwks = await fetchJson(jwksUri, FETCH_LIMITS);
      if (!isJsonObject(jwks) || !Array.isArray(jwks['keys'])) throw new Error(`${jwksUri} is not a JWKS`);
      return jwks['keys'];
    },
    importKey: (jwk) =>
      importCertifiedKey(jwk, { authorities: () => identity.authorities(), spiffeId: issuer, now: Date.now }),
    refreshAfterMs: 5 * 60_000,
    maxStaleMs: 60 * 60_000,
    unknownKidCooldownMs: 1_000,
    retryAfterMs: 250,
    onWarning: (message) => logger.warn(message),
    now: Date.now,
  });
  return new TransactionTokenVerifier({ trustDomain, issuer, keys, now: Date.now });
}
