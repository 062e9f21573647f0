import type { Orm } from '@countersign/platform/database';
import type { Adapter, Configuration } from 'oidc-provider';
import { OWN_CLIENT_METADATA } from '../clients/client-registration.js';
import type { ResourceServers } from '../resource-servers/resource-servers.js';
import type { KeyRing } from '../signing-keys/key-ring.js';
import type { SigningKey } from '../signing-keys/signing-key.js';
import { fetchFromClient } from './back-channel-logout.js';
import { CLIENT_ALGORITHMS, clientAuthentication } from './client-authentication.js';
import { deviceFlow } from './device-flow.js';
import { dpop } from './dpop.js';
import type { SessionUse } from '../sessions/session-details.repository.js';
import { cookies } from './cookies.js';
import { interactionPolicyOfIssuer } from './interaction-policy.js';
import { renderErrorPage, renderLoggedOutPage, renderLogoutPage } from './provider-pages.js';
import { lifetimes } from './lifetimes.js';
import type { RefreshTokenStore } from './refresh-token-store.js';
import {
  assertGrantedResource,
  assertRegisteredScopes,
  defaultResource,
  resolveResourceServer,
} from './resource-server.js';
import type { Throttles } from './throttles.js';
import { accessTokenClaims, type AuthenticatedAccount } from './token-claims.js';

export interface ProviderOptions {
  readonly issuer: string;
  /** Resource identifier of the API. */
  readonly audience: string;
  readonly resourceServers: ResourceServers;
  readonly keyRing: KeyRing<SigningKey>;
  /** @throws SigningUnavailableError while what signs is known to be away. */
  readonly assertCanSign: () => Promise<void>;
  /** The first signs the cookies, each is accepted. */
  readonly cookieSecrets: readonly string[];
  /** 32 bytes that make the nonces for DPoP proofs; the same at every replica. */
  readonly nonceSecret: Buffer;
  readonly orm: Orm;
  /** oidc-provider's storage of every model but refresh tokens. */
  readonly adapter: (model: string) => Adapter;
  readonly refreshTokens: RefreshTokenStore;
  readonly throttles: Throttles;
  readonly findAccount: (id: string) => Promise<AuthenticatedAccount | undefined>;
  /** Ends a login session, by its `uid`, before oidc-provider does. */
  readonly revokeSession: (sessionId: string) => Promise<void>;
  /** Called after each request within a session in which somebody is logged in. */
  readonly noteSession: (use: SessionUse) => Promise<void>;
}

export function providerConfiguration(options: ProviderOptions): Configuration {
  const { issuer, audience, resourceServers, keyRing, findAccount } = options;
  const disabled = { enabled: false };
  return {
    adapter: (model: string) => (model === 'RefreshToken' ? options.refreshTokens : options.adapter(model)),
    jwks: { keys: keyRing.signers().map((key) => key.privateKey) },
    routes: {
      authorization: '/authorize',
      token: '/token',
      pushed_authorization_request: '/par',
      device_authorization: '/device_authorization',
      code_verification: '/device',
      introspection: '/introspect',
      revocation: '/revoke',
      userinfo: '/userinfo',
      end_session: '/logout',
      jwks: '/.well-known/jwks.json',
    },
    features: {
      clientCredentials: { enabled: true },
      introspection: {
        enabled: true,
        // A token is shown to the client that it was issued to and to the resource server that it is meant for; to
        // anyone else it is inactive (RFC 7662 §4).
        allowedPolicy: (_ctx, client, token) =>
          token.clientId === client.clientId ||
          ('aud' in token && token.aud !== undefined && token.aud === client['resource_server']),
      },
      // RFC 7009 §2.1: a client revokes its own tokens only.
      // Deviation: that another's is spared is not said, nor that it exists (docs/adr/0019).
      revocation: {
        enabled: true,
        allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId,
      },
      userinfo: { enabled: true },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: renderLogoutPage,
        postLogoutSuccessSource: renderLoggedOutPage,
      },
      resourceIndicators: {
        enabled: true,
        // Every request that asks for scopes comes past one of these two.
        defaultResource: ({ oidc }, client, oneOf) => {
          assertRegisteredScopes(oidc.requestParamScopes, client);
          return oneOf ?? defaultResource(oidc.requestParamScopes, audience);
        },
        useGrantedResource: () => true,
        getResourceServerInfo: ({ oidc }, indicator, client) => {
          assertRegisteredScopes(oidc.requestParamScopes, client);
          return resolveResourceServer(indicator, oidc.params?.['resource'], resourceServers, client);
        },
      },
      // Experimental in oidc-provider: acknowledged for the version that it was read in.
      externalSigningSupport: { enabled: true, ack: 'experimental-01' },
      devInteractions: disabled,
      dPoP: dpop(options.nonceSecret),
      pushedAuthorizationRequests: { enabled: true },
      deviceFlow,
      backchannelLogout: { enabled: true },
    },
    responseTypes: ['code'],
    pkce: { required: () => true },
    scopes: ['openid', 'offline_access', ...resourceServers.scopes()],
    claims: { openid: ['sub'], profile: ['name'], email: ['email', 'email_verified'] },
    ...clientAuthentication,
    // A default that names no algorithm but ours: HS256 would make every client secret a signing key.
    enabledJWA: {
      idTokenSigningAlgValues: [...keyRing.signingAlgorithms()],
      clientAuthSigningAlgValues: [...CLIENT_ALGORITHMS],
      dPoPSigningAlgValues: [...CLIENT_ALGORITHMS],
    },
    extraClientMetadata: { properties: [...OWN_CLIENT_METADATA] },
    allowOmittingSingleRegisteredRedirectUri: false,
    fetch: fetchFromClient,
    clientBasedCORS: (_ctx, origin, client) => isOwnOrigin(origin, client.redirectUris ?? []),
    cookies: cookies(issuer, options.cookieSecrets),
    findAccount: (_ctx, id) => findAccount(id),
    extraTokenClaims: accessTokenClaims,
    // Every use gives a new refresh token: a stolen one shows itself at its second use (RFC 9700 §4.14.2).
    // The resource is looked at first: oidc-provider does so after the old token is used up, and a slip in that
    // parameter would end the login.
    rotateRefreshToken: ({ oidc }) => {
      assertGrantedResource(
        oidc.params?.['resource'],
        grantedResources(oidc.entities.RefreshToken?.resource),
      );
      return true;
    },
    issueRefreshToken: (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    ttl: lifetimes,
    interactions: {
      policy: interactionPolicyOfIssuer(),
      url: (_ctx, interaction) => `/interaction/${interaction.uid}`,
    },
    renderError: renderErrorPage,
  };
}

function grantedResources(resource: string | readonly string[] | undefined): ReadonlySet<string> {
  return new Set(typeof resource === 'string' ? [resource] : resource);
}

/** A browser app may call `/token` from the origins that its redirect URIs name, and from no other. */
function isOwnOrigin(origin: string, redirectUris: readonly string[]): boolean {
  return redirectUris.some((uri) => new URL(uri).origin === origin);
}
