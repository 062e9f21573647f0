import type { Orm } from '@countersign/platform/database';
import type { Adapter, Configuration } from 'oidc-provider';
import { OWN_CLIENT_METADATA } from '../clients/client-registration.js';
import type { ResourceServers } from '../resource-servers/resource-servers.js';
import { MissingKey, verifyingKey } from '../signing-keys/delegated-signing-key.js';
import type { IdTokenHintKey } from '../signing-keys/id-token-hint-keys.js';
import { SIGNING_ALGORITHMS, type KeyRing } from '../signing-keys/key-ring.js';
import type { PrivateKey } from '../signing-keys/private-key-store.js';
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
import type { EndedSession } from './revoke-session.js';
import type { SessionStore } from './session-store.js';
import {
  assertGrantedResource,
  assertRegisteredScopes,
  defaultResource,
  resolveResourceServer,
} from './resource-server.js';
import type { SignatureCheck } from './signature-check.js';
import type { Throttles } from './throttles.js';
import type { SubjectToken } from '../token-exchange/subject-token.js';
import { accessTokenClaims, type AuthenticatedAccount } from './token-claims.js';

export interface ProviderOptions {
  readonly issuer: string;
  /** Resource identifier of the API. */
  readonly audience: string;
  readonly resourceServers: ResourceServers;
  readonly keyRing: KeyRing<SigningKey>;
  /** Keys that left the ring: they verify an `id_token_hint`, are not published, and verify nothing else. */
  readonly idTokenHintKeys: readonly IdTokenHintKey[];
  readonly signatureCheck: SignatureCheck;
  /** @throws SigningUnavailableError while what signs is known to be away. */
  readonly assertCanSign: () => Promise<void>;
  /** The first signs the cookies, each is accepted. */
  readonly cookieSecrets: readonly string[];
  /** 32 bytes that make the nonces for DPoP proofs; the same at every replica. */
  readonly nonceSecret: Buffer;
  readonly orm: Orm;
  /** oidc-provider's storage of every model but these two. */
  readonly adapter: (model: string) => Adapter;
  readonly refreshTokens: RefreshTokenStore;
  readonly sessions: SessionStore;
  readonly throttles: Throttles;
  readonly findAccount: (id: string) => Promise<AuthenticatedAccount | undefined>;
  readonly isRevoked: (claims: SubjectToken) => Promise<boolean>;
  /** Ends a login session before oidc-provider does. */
  readonly revokeSession: (session: EndedSession) => Promise<void>;
  /** Called after each request within a session in which somebody is logged in. */
  readonly noteSession: (use: SessionUse) => Promise<void>;
}

export function providerConfiguration(options: ProviderOptions): Configuration {
  const { issuer, audience, resourceServers, signatureCheck, findAccount } = options;
  const disabled = { enabled: false };
  return {
    adapter: (model: string) => adapterOf(model, options),
    jwks: { keys: providerKeys(options) },
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
      // Deviation: that another's is spared is not said, nor that it exists (docs/adr/0022).
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
          if (oidc.route === 'token') signatureCheck.assertSignsFor(client, indicator);
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
      // Whether a key signs with it or not: a client of an algorithm stays one while that has no key.
      idTokenSigningAlgValues: [...SIGNING_ALGORITHMS],
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
    // The resource is looked at first, and whether a key signs: oidc-provider does so after the old token is used up,
    // and a slip in that parameter would end the login.
    rotateRefreshToken: ({ oidc }) => {
      assertGrantedResource(
        oidc.params?.['resource'],
        grantedResources(oidc.entities.RefreshToken?.resource),
      );
      if (oidc.entities.RefreshToken !== undefined)
        signatureCheck.assertSignsAnswer(oidc, oidc.entities.RefreshToken);
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

function adapterOf(model: string, { refreshTokens, sessions, adapter }: ProviderOptions): Adapter {
  if (model === 'RefreshToken') return refreshTokens;
  return model === 'Session' ? sessions : adapter(model);
}

/** A key that signs comes before those that did. oidc-provider's own JWKS, with all of them, is not mounted. */
function providerKeys({ keyRing, idTokenHintKeys }: ProviderOptions): PrivateKey[] {
  const missing = SIGNING_ALGORITHMS.filter((alg) => keyRing.signingKey(alg) === undefined);
  return [
    ...keyRing.signers().map((key) => (key.state === 'signing' ? key.privateKey : verifyingKey(key))),
    ...idTokenHintKeys.map(verifyingKey),
    ...missing.map((alg) => new MissingKey(alg)),
  ];
}

function grantedResources(resource: string | readonly string[] | undefined): ReadonlySet<string> {
  return new Set(typeof resource === 'string' ? [resource] : resource);
}

/** A browser app may call `/token` from the origins that its redirect URIs name, and from no other. */
function isOwnOrigin(origin: string, redirectUris: readonly string[]): boolean {
  return redirectUris.some((uri) => new URL(uri).origin === origin);
}
