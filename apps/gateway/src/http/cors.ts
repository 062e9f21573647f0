import type { NestFastifyApplication } from '@nestjs/platform-fastify';

/** What a script may send besides what is harmless. */
const REQUEST_HEADERS = ['Authorization', 'Content-Type', 'DPoP', 'Idempotency-Key'];
/** What a script gets to see besides what every script does. */
const RESPONSE_HEADERS = ['DPoP-Nonce', 'Location', 'Retry-After', 'WWW-Authenticate'];
const PREFLIGHT_SECONDS = 600;

/**
 * Lets the scripts of listed origins call the API (Fetch Standard §3.3). Origins are compared to the letter, and
 * credentials of the browser's own, such as cookies, are not asked for: a script brings its token. An origin that is
 * not listed gets no CORS header at all. What is under `/.well-known/` is public and answers for itself.
 */
export function allowOrigins(app: NestFastifyApplication, origins: readonly string[]): void {
  if (origins.length === 0) return;
  const none = { origin: false } as const;
  const listed = {
    origin: [...origins],
    methods: ['GET', 'HEAD', 'POST'],
    allowedHeaders: REQUEST_HEADERS,
    exposedHeaders: RESPONSE_HEADERS,
    maxAge: PREFLIGHT_SECONDS,
    strictPreflight: false, // an OPTIONS that is no preflight is answered 204, and not in plain text
  };
  app.enableCors({
    delegator: ({ headers, url }, decide) => {
      const isListed = origins.includes(headers.origin ?? '') && !url.startsWith('/.well-known/');
      decide(null, isListed ? listed : none);
    },
  });
}
