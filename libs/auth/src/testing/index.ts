export { forgedKeyOf, forgeKey, type ForgedKey } from './forged-key.js';
export { hostileAccessTokens, type HostileToken } from './hostile-access-tokens.js';
export {
  hostileIntrospections,
  introspectionOf,
  type HostileIntrospection,
} from './hostile-introspections.js';
export { hostileProofs, type HostileProof } from './hostile-proofs.js';
export { hostileTransactionTokens, TransactionTokenForge } from './hostile-transaction-tokens.js';
export { ProofForge, type ProofDeviation, type ProofRequest } from './proof-forge.js';
export { encode, encodeParts, signCompact, signHmac, TokenForge } from './token-forge.js';
