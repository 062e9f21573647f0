import { SIGNATURE_ALGORITHMS } from '@countersign/auth';
import { address, commonSettings, flag, httpUrl } from '@countersign/platform';
import { workloadSettings } from '@countersign/platform/workload-certificates';
import { z } from 'zod';

export const settings = z
  .object({
    ...commonSettings({ port: 3000, managementPort: 9100 }),
    ...workloadSettings,
    ISSUER: httpUrl()
      .default('http://localhost:3001')
      .describe('whose access tokens are accepted, to the letter'),
    JWKS_URI: httpUrl().optional().describe("the issuer's keys; default: its discovery document says where"),
    AUDIENCE: httpUrl().default('http://localhost:3000').describe("this API's resource identifier"),
    ALGORITHMS: z
      .string()
      .default('RS256 ES256 PS256 EdDSA')
      .transform((text) => text.split(' '))
      .pipe(z.array(z.enum(SIGNATURE_ALGORITHMS)).min(1))
      .describe('accepted signature algorithms, with a space between'),
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
  });

export type GatewayConfig = z.output<typeof settings>;
