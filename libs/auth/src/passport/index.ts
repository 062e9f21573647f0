export { AccessTokenModule, type AccessTokenOptions } from './access-token.module.js';
export { IssuerKeys } from './issuer-keys.js';
export { type PublishedKeys } from './own-keys.js';
