import { z } from 'zod';

const schema = z.object({
  client_id: z.string(),
  /** Not for a device, which has no browser to send back. */
  redirect_uri: z.string().optional(),
  scope: z.string().default(''),
  login_hint: z.string().optional(),
});

export interface AuthorizationParams {
  readonly clientId: string;
  readonly redirectUri: string | undefined;
  readonly scopes: readonly string[];
  readonly loginHint: string | undefined;
}

/** Parameters of the authorization request that led here, which oidc-provider has checked. */
export function authorizationParams({ params }: { readonly params: object }): AuthorizationParams {
  const { client_id, redirect_uri, scope, login_hint } = schema.parse(params);
  return {
    clientId: client_id,
    redirectUri: redirect_uri,
    scopes: scope.split(' ').filter(Boolean),
    loginHint: login_hint,
  };
}
