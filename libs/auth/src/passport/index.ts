export { AccessTokenModule, type AccessTokenOptions } from './access-token.module.js';
export { IssuerEvents } from './issuer-events.js';
export { IssuerIntrospection, type IntrospectionOptions } from './issuer-introspection.js';
export { IssuerKeys } from './issuer-keys.js';
export { type PublishedKeys } from './own-keys.js';
export { type ResourceMetadataOptions } from './resource-metadata.js';
export { type EventStreamOptions } from '../revocation/event-stream.js';
export { revocableBy, type RevocationCheck } from '../revocation/revocations.js';
export { VerifiedTokens } from '../access-token/verified-tokens.js';
