import type { ClientRegistrationInput } from '../clients/client-registration.js';
import type { PublicJwk } from './demo-backend-key.js';
import { API_SCOPES } from '../resource-servers/api-scopes.js';
import { TOKEN_EXCHANGE } from '../token-exchange/token-exchange-policy.js';

export interface DemoClient {
  readonly registration: ClientRegistrationInput;
  readonly secret: string | null;
}

export interface DemoClientSettings {
  /** The API's resource identifier, whose origin also serves the clients' web pages. */
  readonly audience: string;
  /** The public keys of demo-backend. */
  readonly backendKeys: readonly PublicJwk[];
}

/** The demo's clients. */
export function demoClients({ audience, backendKeys }: DemoClientSettings): readonly DemoClient[] {
  const api = new URL(audience).origin;
  return [
    {
      secret: null,
      registration: {
        client_id: 'demo-web',
        client_name: 'Countersign demo',
        token_endpoint_auth_method: 'none',
        grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
        redirect_uris: [
          `${api}/console/callback`,
          `${api}/docs/oauth2-redirect.html`,
          'http://127.0.0.1/callback',
        ],
        post_logout_redirect_uris: [`${api}/console`],
        scope: ['openid', 'profile', 'email', 'offline_access', ...API_SCOPES].join(' '),
      },
    },
    {
      secret: 'demo-service-secret',
      registration: {
        ...clientCredentials,
        client_id: 'demo-service',
        client_name: 'Demo service',
        scope: 'orders:read payments:read',
      },
    },
    {
      secret: 'demo-opaque-secret',
      registration: {
        ...clientCredentials,
        client_id: 'demo-opaque',
        client_name: 'Demo service with opaque tokens',
        scope: 'orders:read payments:read',
        access_token_format: 'opaque',
      },
    },
    ...(['PS256', 'ES256', 'EdDSA'] as const).map((algorithm) => ({
      secret: `demo-${algorithm.toLowerCase()}-secret`,
      registration: {
        ...clientCredentials,
        client_id: `demo-${algorithm.toLowerCase()}`,
        client_name: `Demo service with ${algorithm} tokens`,
        scope: 'orders:read payments:read',
        access_token_algorithm: algorithm,
      },
    })),
    {
      secret: 'demo-exchange-secret',
      registration: {
        ...clientCredentials,
        client_id: 'demo-exchange',
        client_name: 'Demo service that acts for people',
        grant_types: [TOKEN_EXCHANGE],
        scope: 'orders:read payments:read',
        token_exchange: {
          subject_clients: ['demo-web', 'demo-service', 'demo-opaque'],
          audiences: [audience, `${audience}/demo/es256`],
        },
      },
    },
    {
      secret: 'demo-ledger-secret',
      registration: {
        ...clientCredentials,
        client_id: 'demo-ledger',
        client_name: 'Demo resource server with opaque tokens',
        grant_types: [],
        resource_server: `${audience}/demo/opaque`,
      },
    },
    {
      secret: null,
      registration: {
        client_id: 'demo-backend',
        client_name: 'Demo backend',
        token_endpoint_auth_method: 'private_key_jwt',
        jwks: { keys: [...backendKeys] },
        require_pushed_authorization_requests: true,
        grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
        redirect_uris: ['http://127.0.0.1/callback'],
        scope: ['openid', 'profile', 'email', 'offline_access', ...API_SCOPES].join(' '),
      },
    },
    {
      secret: 'gateway-secret',
      registration: {
        ...clientCredentials,
        client_id: 'gateway',
        client_name: 'Gateway',
        grant_types: [],
        resource_server: audience,
      },
    },
  ];
}

const clientCredentials = {
  token_endpoint_auth_method: 'client_secret_basic',
  grant_types: ['client_credentials'],
} satisfies Partial<ClientRegistrationInput>;
