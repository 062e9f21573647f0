import type { ClientMetadata } from 'oidc-provider';
import type { Role } from '../accounts/account.js';
import { isRegistrableRedirectUri } from './redirect-uri.js';

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Client metadata (RFC 7591 §2) with members of our own. */
export interface ClientRegistration extends ClientMetadata {
  readonly client_id: string;
  /** `opaque`: its access tokens are random handles, which the API introspects (RFC 7662). Default: `jwt`. */
  readonly access_token_format?: 'jwt' | 'opaque';
  /** Resource identifier of the resource server that this client is; it may introspect the tokens meant for it. */
  readonly resource_server?: string;
  /** `roles` of the tokens that it gets for itself, by client credentials. */
  readonly roles?: readonly Role[];
}

/** Members of `ClientRegistration` that are not registered at IANA; oidc-provider has to be told to keep them. */
export const OWN_CLIENT_METADATA = ['access_token_format', 'resource_server', 'roles'] as const;

/** What makes a registration unsafe; empty when nothing does. */
export function registrationFaults(registration: ClientRegistration): readonly string[] {
  const {
    client_id,
    redirect_uris = [],
    post_logout_redirect_uris = [],
    grant_types = [],
    roles = [],
    scope,
  } = registration;
  const faults: string[] = [];
  // The subject of a client-credentials token is the client_id: a client must not pass for a person (RFC 9700 §4.15).
  if (UUID.test(client_id)) faults.push(`client_id ${client_id} looks like the id of an account`);
  for (const uri of [...redirect_uris, ...post_logout_redirect_uris]) {
    if (!isRegistrableRedirectUri(uri))
      faults.push(`redirect URI ${uri} is neither https nor on this machine`);
  }
  // Anyone can say that he is a public client.
  if (roles.length > 0 && registration.token_endpoint_auth_method === 'none')
    faults.push(`client ${client_id} has roles but nothing to authenticate with`);
  // oidc-provider takes a missing list for "every scope".
  if (grant_types.length > 0 && !scope)
    faults.push(`client ${client_id} can get tokens but has no list of scopes`);
  return faults;
}
