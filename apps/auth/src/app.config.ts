import { commonSettings, httpUrl, networks } from '@countersign/platform';
import { databaseSettings } from '@countersign/platform/database';
import { z } from 'zod';

const DAY = 24 * 60 * 60;
/** OpenID Connect Core §15.1: a client that asks for nothing else gets RS256. Security Event Tokens are of ES256. */
const algorithms = z
  .array(z.enum(['RS256', 'PS256', 'ES256', 'EdDSA'], 'are of RS256, PS256, ES256 and EdDSA'))
  .refine(
    (names) => names.includes('RS256') && names.includes('ES256'),
    'must have RS256 and ES256 among them',
  )
  .refine((names) => new Set(names).size === names.length, 'must have each once');

/** Within bounds: a slip of a digit is refused at start, and not noticed a month later. */
function seconds(min: number, max: number): z.ZodCoercedNumber {
  return z.coerce.number().int().min(min).max(max);
}

export const settings = z.object({
  ...commonSettings({ port: 3001, managementPort: 9101 }),
  ...databaseSettings,
  ISSUER: httpUrl()
    .refine((url) => new URL(url).origin === url, 'must be an origin: no path, no slash at its end')
    .default('http://localhost:3001')
    .describe('issuer identifier: the origin at which clients reach this authorization server'),
  AUDIENCE: httpUrl()
    .default('http://localhost:3000')
    .describe('resource identifier of the API: the audience of access tokens'),
  ACCESS_TOKEN_ALGORITHM: z
    .enum(['RS256', 'PS256', 'ES256', 'EdDSA'])
    .default('RS256')
    .describe('signs the access tokens for the API; a client may be registered for another'),
  RESOURCE_SERVERS: z
    .string()
    .default('[]')
    .describe(
      'resource servers besides the API: a JSON list of identifier, scopes, access_token, access_token_seconds, secret_file',
    ),
  KEY_ENCRYPTION_KEY: z
    .string()
    .regex(/^[A-Za-z0-9_-]{43}$/, 'is not 32 bytes in base64url')
    .optional()
    .describe('wraps the signing keys: 32 bytes in base64url; made on first start when DEMO=true'),
  TRUST_PROXY: networks()
    .optional()
    .describe(
      'proxies whose X-Forwarded-For is believed: addresses or networks (10.0.0.0/8); without it none',
    ),
  REQUESTS_PER_NETWORK: z.coerce
    .number()
    .int()
    .min(10)
    .max(1_000_000)
    .default(1_000)
    .describe(
      'requests a minute that one network (an IPv4 address, an IPv6 /56) may begin logins, logouts and device codes with',
    ),
  ADMIN_CLIENT_SECRET: z
    .string()
    .optional()
    .describe(
      'secret of the client countersign-admin, which the operator uses the admin API with; there is no such client without it',
    ),
  KEY_ENCRYPTION_KEY_PREVIOUS: z
    .string()
    .regex(/^[A-Za-z0-9_-]{43}(?:[\s,]+[A-Za-z0-9_-]{43})*$/, 'is not a list of 32 bytes in base64url each')
    .optional()
    .describe('earlier ones, which still open what they sealed; a start seals it under KEY_ENCRYPTION_KEY'),
  SIGNING_ALGORITHMS: z
    .string()
    .default('RS256 ES256 PS256 EdDSA')
    .transform((text) => text.split(/[\s,]+/).filter((word) => word !== ''))
    .pipe(algorithms)
    .describe(
      'algorithms that the issuer has keys for: RS256 and ES256 always, and PS256 and EdDSA if wanted',
    ),
  JWKS_MAX_AGE_SECONDS: seconds(1, DAY)
    .default(300)
    .describe('for how long a verifier may keep the JWKS; a new key is announced for longer before it signs'),
  KEY_ROTATION_SECONDS: seconds(5, 366 * DAY)
    .default(30 * DAY)
    .describe('how long a key signs before the next takes over (2592000: 30 days)'),
  KEY_ANNOUNCEMENT_SECONDS: seconds(3, 366 * DAY)
    .default(29 * DAY)
    .describe(
      'how long before that the next key is published (2505600: 29 days): while one is, a revoked key is followed at once by one that every verifier knows',
    ),
  SIGNING_KEYS_IN: z
    .enum(['database', 'pkcs11'])
    .default('database')
    .describe(
      'where new signing keys are made: database (sealed) or pkcs11 (an HSM, which they never leave)',
    ),
  PKCS11_MODULE: z.string().optional().describe('library of the HSM; needs the optional package pkcs11js'),
  PKCS11_TOKEN_LABEL: z.string().optional().describe('label of the token in the HSM'),
  PKCS11_PIN: z.string().optional().describe('PIN of the user of the token'),
  PKCS11_SESSIONS: z.coerce
    .number()
    .int()
    .min(1)
    .max(32)
    .default(2)
    .describe('signatures that the HSM makes at a time, each with a thread of this process'),
  REGISTRATION: z
    .enum(['open', 'closed'])
    .optional()
    .describe('whether people may make accounts: open when DEMO=true, else closed; needs a way to send mail'),
  SMTP_URL: z
    .string()
    .optional()
    .describe(
      'mail server: smtp://[user:password@]host[:587], which has to offer STARTTLS unless it is on this machine, or smtps://; without it the mail of the demo is in the log, and else there is none',
    ),
  MAIL_FROM: z
    .email('is not an e-mail address')
    .optional()
    .describe('address that mail comes from; set together with SMTP_URL'),
});

export type AuthConfig = Readonly<z.output<typeof settings>>;
