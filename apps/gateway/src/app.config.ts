import { SIGNATURE_ALGORITHMS } from '@countersign/auth';
import { CLIENT_CERTIFICATE_HEADERS } from '@countersign/auth/passport';
import {
  address,
  commonSettings,
  flag,
  httpUrl,
  keys,
  networks,
  origins,
  redisUrl,
} from '@countersign/platform';
import { workloadSettings } from '@countersign/platform/workload-certificates';
import { z } from 'zod';

const algorithms = (defaults: string) =>
  z
    .string()
    .default(defaults)
    .transform((text) => text.split(' '))
    .pipe(z.array(z.enum(SIGNATURE_ALGORITHMS)).min(1));

export const settings = z
  .object({
    ...commonSettings({ port: 3000, managementPort: 9100 }),
    ...workloadSettings,
    ISSUER: httpUrl()
      .default('http://localhost:3001')
      .describe('whose access tokens are accepted, to the letter'),
    JWKS_URI: httpUrl().optional().describe("the issuer's keys; default: its discovery document says where"),
    AUDIENCE: httpUrl().default('http://localhost:3000').describe("this API's resource identifier"),
    ALGORITHMS: algorithms('RS256 ES256 PS256 EdDSA').describe(
      'accepted signature algorithms, with a space between',
    ),
    PUBLIC_URL: httpUrl()
      .optional()
      .describe('where clients reach this API, which its metadata and DPoP proofs name; default: AUDIENCE'),
    DPOP_ALGORITHMS: algorithms('ES256 EdDSA Ed25519 PS256 RS256').describe(
      'what DPoP proofs may be signed with, with a space between',
    ),
    DPOP_NONCES: flag().default(true).describe('whether DPoP proofs need a nonce of this API'),
    DPOP_NONCE_KEYS: keys()
      .optional()
      .describe(
        'makes the nonces: 32 bytes in base64url, the same at every replica, and after it those that it replaces; made anew at each start without it',
      ),
    REDIS_URL: redisUrl()
      .optional()
      .describe('what replicas share: which DPoP proofs were used; without it each has its own memory'),
    TRUST_PROXY: networks()
      .optional()
      .describe(
        'proxies whose CLIENT_CERTIFICATE_HEADER is believed: addresses or networks (10.0.0.0/8); without it none',
      ),
    CLIENT_CERTIFICATE_HEADER: z
      .enum(CLIENT_CERTIFICATE_HEADERS)
      .optional()
      .describe(
        'how TRUST_PROXY passes client certificates on: client-cert (RFC 9440) or x-forwarded-client-cert (Envoy); without it tokens that are bound to one are refused',
      ),
    CLIENT_ID: z
      .string()
      .optional()
      .describe(
        "this API's own client at the issuer; without it no event says what is revoked, and opaque tokens are refused",
      ),
    CLIENT_SECRET: z.string().optional().describe('its secret'),
    EVENTS_URI: httpUrl()
      .optional()
      .describe("the issuer's event streams; default: /events/streams at the issuer"),
    INTROSPECTION: flag()
      .default(true)
      .describe('whether opaque access tokens are introspected, as CLIENT_ID; false refuses them'),
    INTROSPECTION_URI: httpUrl()
      .optional()
      .describe("the issuer's introspection endpoint; default: its discovery document says where"),
    CORS_ORIGINS: origins()
      .optional()
      .describe('web pages whose scripts may call the API: origins (https://app.example); without it none'),
    ORDERS_ADDRESS: address().prefault('localhost:4001').describe('the orders workload'),
    PAYMENTS_ADDRESS: address().prefault('localhost:4002').describe('the payments workload'),
    TRANSACTION_TOKEN_CERT_FILE: z
      .string()
      .optional()
      .describe('certificate of the transaction-token key; made in DATA_DIR in development'),
    TRANSACTION_TOKEN_KEY_FILE: z
      .string()
      .optional()
      .describe('private key that signs transaction tokens (P-256)'),
  })
  .refine(({ CLIENT_ID, CLIENT_SECRET }) => CLIENT_ID === undefined || CLIENT_SECRET !== undefined, {
    path: ['CLIENT_SECRET'],
    error: 'is not set',
  })
  .refine((config) => config.CLIENT_CERTIFICATE_HEADER === undefined || config.TRUST_PROXY !== undefined, {
    path: ['TRUST_PROXY'],
    error: 'is not set',
  })
  .refine((config) => !config.DPOP_NONCES || !config.REDIS_URL || config.DPOP_NONCE_KEYS !== undefined, {
    path: ['DPOP_NONCE_KEYS'],
    error: 'is not set: replicas that share REDIS_URL have to share the nonces',
  });

export type GatewayConfig = z.output<typeof settings>;

/** Where clients reach this API. */
export function publicUrl({ PUBLIC_URL, AUDIENCE }: GatewayConfig): string {
  return PUBLIC_URL ?? AUDIENCE;
}
