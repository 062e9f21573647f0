import type { FastifyInstance } from 'fastify';
import { dropPropagatedIdentity } from './propagated-identity.js';

/** What happens to every request before, and to every answer after, the routes. */
export function addRequestHooks(server: FastifyInstance): void {
  server.addHook('onRequest', (request, _reply, done) => {
    dropPropagatedIdentity(request.raw.headers);
    done();
  });
  server.addHook('onSend', (_request, reply, payload, done) => {
    // Answers depend on who asked: no cache may give them to another (RFC 9111 §3.5).
    if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store');
    done(null, payload);
  });
}
