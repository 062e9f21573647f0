import { JwksClient } from 'jwks-rsa';
import { fetchJsonWithHeaders } from '../jose/fetch-json.js';
import { isJsonObject } from '../jose/strict-json.js';
import { discover } from './discovery.js';

const FETCH_LIMITS = { timeoutMs: 2_000, maxBytes: 262_144 };

export interface JwksSourceOptions {
  readonly issuer: string;
  /** Where the keys are; null asks the issuer's discovery document. */
  readonly jwksUri: string | null;
}

/**
 * Fetches an issuer's key set through jwks-rsa. jwks-rsa's own cache and rate limiter stay off: they work per `kid`
 * and share one budget between attackers and everyone else; `KeyStore` keeps the whole set instead.
 */
export class JwksSource {
  /** For how long the issuer says that its key set may be kept; infinite when it says nothing. */
  maxAgeMs = Number.POSITIVE_INFINITY;
  private client: JwksClient | undefined;

  constructor(private readonly options: JwksSourceOptions) {}

  async fetchKeys(): Promise<readonly unknown[]> {
    const { issuer, jwksUri } = this.options;
    this.client ??= new JwksClient({
      jwksUri: jwksUri ?? (await discover(issuer, 'jwks_uri', FETCH_LIMITS)),
      cache: false,
      rateLimit: false,
      fetcher: async (uri) => {
        const { document, headers } = await fetchJsonWithHeaders(uri, FETCH_LIMITS);
        this.maxAgeMs = maxAgeMs(headers.get('cache-control'));
        return requireJwks(document);
      },
    });
    try {
      return requireKeys(await this.client.getKeys());
    } catch (error) {
      this.client = undefined; // the issuer may have moved its keys: discover them again
      throw error;
    }
  }
}

/** RFC 9111 §5.2.2.1; `no-cache` and `no-store` say that it may not be kept at all. */
export function maxAgeMs(cacheControl: string | null): number {
  const directives = (cacheControl ?? '')
    .toLowerCase()
    .split(',')
    .map((directive) => directive.trim());
  if (directives.includes('no-cache') || directives.includes('no-store')) return 0;
  const seconds = directives.map((directive) => /^max-age="?(\d{1,9})"?$/.exec(directive)?.[1]).find(Boolean);
  return seconds === undefined ? Number.POSITIVE_INFINITY : Number(seconds) * 1_000;
}

function requireJwks(document: unknown): { keys: unknown } {
  if (!isJsonObject(document)) throw new Error('the JWKS is not a JSON object');
  return { keys: requireKeys(document['keys']) };
}

function requireKeys(keys: unknown): readonly unknown[] {
  if (!Array.isArray(keys)) throw new Error('the JWKS has no keys');
  return keys;
}
