import { errors, Provider } from 'oidc-provider';

/** A client that asks by a grant type that it is not registered for is an unauthorized one (RFC 6749 §5.2); oidc-provider calls it an invalid request. */
export function refuseUnregisteredGrantTypes({ Client }: Provider): void {
  Client.prototype.grantTypeAllowed = function (type) {
    if (this.grantTypes?.includes(type)) return true;
    if (Provider.ctx?.oidc.params?.['grant_type'] !== type) return false;
    throw new errors.UnauthorizedClient('the client may not use this grant type');
  };
}
