import type { Principal } from '../principal.js';

/** `typ` of a transaction token (draft-ietf-oauth-transaction-tokens, "Transaction Token Header"). */
export const TRANSACTION_TOKEN_TYPE = 'txntoken+jwt';
/** Name of the metadata member that carries it over TCP; the draft's HTTP header, in lower case. */
export const TRANSACTION_TOKEN_METADATA = 'txn-token';

/** Who acts for the subject, and within it who did so before (RFC 8693 §4.1). */
export interface ActorClaim {
  readonly sub: string;
  readonly act?: ActorClaim | undefined;
}

/** The claims of a transaction token, as they are on the wire. */
export interface TransactionTokenClaims {
  readonly aud: string;
  readonly iat: number;
  readonly exp: number;
  /** Identifies the transaction in the log lines of every hop. Requests that share a token share it. */
  readonly txn: string;
  readonly sub: string;
  readonly scope: string;
  /** SPIFFE ID of the workload that asked for the token. */
  readonly req_wl: string;
  /** Requester context: who the subject is, and the access token that was verified (never the token itself). */
  readonly rctx: {
    readonly iss: string;
    readonly client_id: string;
    readonly jti: string;
    readonly roles: readonly string[];
    /** `act` of the access token. */
    readonly act?: ActorClaim | undefined;
  };
}

/** A verified transaction: the principal, and the id (`txn`) of its token. */
export interface Transaction {
  readonly principal: Principal;
  readonly id: string;
}
