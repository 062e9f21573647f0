import { ConfigurationError } from '@countersign/platform';
import { z } from 'zod';
import { SIGNING_ALGORITHMS } from '../signing-keys/key-ring.js';
import { ACCESS_TOKEN_SECONDS } from './access-token-seconds.js';

/** RFC 6749 §3.3. */
const SCOPE = /^[\x21\x23-\x5B\x5D-\x7E]+$/;

const common = {
  /** RFC 8707 §2: an absolute URI without a fragment. */
  identifier: z
    .url('is not an absolute URI')
    .max(255)
    .refine((text) => !text.includes('#'), 'has a fragment'),
  scopes: z.array(z.string().regex(SCOPE, 'is not a scope')).min(1),
  /**
   * Seconds. No longer than everywhere: a retired key stays published, and a revoked token refused, for as long as
   * the longest access token lives.
   */
  access_token_seconds: z.int().min(1).max(ACCESS_TOKEN_SECONDS).default(ACCESS_TOKEN_SECONDS),
};

const resourceServerSettings = z.array(
  z.discriminatedUnion('access_token', [
    z.strictObject({ ...common, access_token: z.enum([...SIGNING_ALGORITHMS, 'opaque']) }),
    z.strictObject({ ...common, access_token: z.literal('HS256'), secret_file: z.string().min(1) }),
  ]),
);

export type ResourceServerSettings = z.output<typeof resourceServerSettings>;

/**
 * Parses the setting RESOURCE_SERVERS.
 *
 * @throws ConfigurationError that lists every fault. It has no value: the text may hold more than it should.
 */
export function parseResourceServers(text: string): ResourceServerSettings {
  const parsed = resourceServerSettings.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  throw new ConfigurationError(
    parsed.error.issues.map(
      ({ path, message }) => `RESOURCE_SERVERS ${path.length > 0 ? `${path.join('.')}: ` : ''}${message}`,
    ),
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
