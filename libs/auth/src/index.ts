export { Access, type AccessRule } from './access/access.js';
export {
  DECISION_REASONS,
  TOKEN_SOURCES,
  type AccessDecision,
  type DecisionListener,
  type DecisionReason,
  type TokenSource,
} from './access/access-decision.js';
export { assertEveryHandlerDeclaresAccess } from './access/declared-access.js';
export { AuthError, type AuthErrorCode } from './auth-error.js';
export { type KeySetFigures } from './jose/key-store.js';
export { SIGNATURE_ALGORITHMS, type SignatureAlgorithm } from './jose/signature-algorithm.js';
export { importVerificationKey, UnusableKeyError, type VerificationKey } from './jose/verification-key.js';
export { identityHeaders, type Principal } from './principal.js';
export { bootstrapWorkload } from './propagation/bootstrap-workload.js';
export { currentCaller, CurrentCaller, CurrentPrincipal, type Caller } from './propagation/caller.js';
export { type MessageContract } from './propagation/message-contract.js';
export { spiffeId } from './propagation/spiffe.js';
export { createTransactionTokenVerifier } from './propagation/transaction-token-keys.js';
export { WorkloadClient, type WorkloadClientOptions } from './propagation/workload-client.js';
export { WorkloadIdentity } from './propagation/workload-identity.js';
export { ServiceError } from './service-error.js';
export { TransactionTokenIssuer } from './transaction-token/transaction-token-issuer.js';
