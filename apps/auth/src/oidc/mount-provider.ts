import type { FastifyInstance } from 'fastify';
import { noteClientAddress } from '../client-address/client-address.js';
import type { CurrentProvider } from './current-provider.js';

/**
 * Deviation: OpenID Connect Core §3.1.2.1 and RP-Initiated Logout §2 want POST at `/authorize` and `/logout` too. A
 * form of another site brings the session along only in cookies with `SameSite=None` (docs/adr/0008).
 */
const ENDPOINTS: Readonly<Record<string, readonly string[]>> = {
  '/.well-known/openid-configuration': ['GET', 'OPTIONS'],
  '/.well-known/oauth-authorization-server': ['GET', 'OPTIONS'],
  '/authorize': ['GET'],
  '/authorize/:uid': ['GET'],
  '/token': ['POST', 'OPTIONS'],
  '/par': ['POST', 'OPTIONS'],
  '/device_authorization': ['POST', 'OPTIONS'],
  '/device': ['GET', 'POST'],
  '/device/:uid': ['GET'],
  '/introspect': ['POST', 'OPTIONS'],
  '/revoke': ['POST', 'OPTIONS'],
  '/userinfo': ['GET', 'POST', 'OPTIONS'],
  '/logout': ['GET'],
  '/logout/confirm': ['POST'],
  '/logout/success': ['GET'],
};

/**
 * Hands the protocol endpoints to oidc-provider, and nothing else: it would answer 404 for Nest's own routes. It gets
 * the request as it came in, with its body unread, and writes the response itself.
 */
export function mountProvider(server: FastifyInstance, provider: CurrentProvider): void {
  void server.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, _body, done) => done(null));
    for (const [url, method] of Object.entries(ENDPOINTS)) {
      scope.route({
        url,
        method: [...method],
        handler: async (request, reply) => {
          reply.hijack();
          noteClientAddress(request.raw, request.ip);
          await provider.handle(request.raw, reply.raw);
        },
      });
    }
  });
}
