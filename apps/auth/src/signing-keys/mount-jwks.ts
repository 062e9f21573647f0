import { createHash } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import type { KeyRing } from './key-ring.js';
import type { SigningKey } from './signing-key.js';
import type { SigningKeysService } from './signing-keys.service.js';

const JWKS_PATH = '/.well-known/jwks.json';

/** Anyone may read it from anywhere, browsers of other origins too; the answer depends on nothing in the request. */
const PUBLIC_HEADERS = { 'access-control-allow-origin': '*', 'x-content-type-options': 'nosniff' };
const PREFLIGHT_HEADERS = {
  'access-control-allow-methods': 'GET, HEAD',
  'access-control-allow-headers': 'if-none-match',
  'access-control-max-age': '3600',
};

interface JwksDocument {
  readonly body: string;
  readonly etag: string;
}

/**
 * Answers the JWKS (RFC 7517 §5) of this replica's key ring. It is the endpoint that every verifier calls, and is made
 * once for each state of the ring, beside oidc-provider: nobody can keep the issuer busy by asking for it.
 */
export function mountJwks(
  server: FastifyInstance,
  signingKeys: Pick<SigningKeysService, 'onChange' | 'settings'>,
): void {
  let document = toDocument([]);
  signingKeys.onChange((ring: KeyRing<SigningKey>) => {
    document = toDocument(ring.published().map(({ publicJwk }) => publicJwk));
  });
  const cacheControl = `public, max-age=${signingKeys.settings.jwksMaxAgeSeconds}`;

  server.get(JWKS_PATH, (request, reply) => {
    const { body, etag } = document;
    void reply.headers({ ...PUBLIC_HEADERS, etag, 'cache-control': cacheControl });
    if (isSame(request.headers['if-none-match'], etag)) return reply.status(304).send();
    return reply.type('application/jwk-set+json; charset=utf-8').send(body);
  });
  server.options(JWKS_PATH, (_request, reply) =>
    reply
      .status(204)
      .headers({ ...PUBLIC_HEADERS, ...PREFLIGHT_HEADERS })
      .send(),
  );
}

function toDocument(keys: readonly object[]): JwksDocument {
  const body = JSON.stringify({ keys });
  return { body, etag: `"${createHash('sha256').update(body).digest('base64url')}"` };
}

/** RFC 9110 §13.1.2: a list, compared weakly: a proxy that compresses the body marks its tag as weak. */
function isSame(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  return ifNoneMatch.split(',').some((tag) => ['*', etag].includes(tag.trim().replace(/^W\//, '')));
}
