import { callbackify } from 'node:util';
import fastifyJwt from '@fastify/jwt';
import { fastify } from 'fastify';
import buildGetJwks from 'get-jwks';
import { BODY, settings } from './settings.js';

/** As get-jwks's README has it; with `VERIFIED_TOKENS`, with the cache that @fastify/jwt leaves off by default. */
const verifiedTokens = Number(process.env['VERIFIED_TOKENS'] ?? 0);
const server = fastify();
const getJwks = buildGetJwks();

await server.register(fastifyJwt, {
  decode: { complete: true },
  secret: (_request, token, callback) => {
    const { kid, alg } = 'header' in token ? token.header : token;
    callbackify(() => getJwks.getPublicKey({ kid, alg, domain: settings.keysOrigin }))(callback);
  },
  verify: {
    allowedIss: settings.issuer,
    allowedAud: settings.audience,
    ...(verifiedTokens > 0 && { cache: verifiedTokens }),
  },
});
server.addHook('onRequest', async (request) => {
  await request.jwtVerify();
});
server.get('/protected', () => BODY);
await server.listen({ port: settings.port, host: '127.0.0.1' });
