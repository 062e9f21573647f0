import type { SecurityHeadersOptions } from '@nestjs/common';

/**
 * One policy for the API and for Swagger UI, the only page: scripts and styles from here alone, requests to here and
 * to the issuer. Swagger UI's popup has to find its opener again after the issuer's pages, which a
 * `Cross-Origin-Opener-Policy` would prevent.
 */
export function securityHeaders(issuer: string): SecurityHeadersOptions {
  return {
    crossOriginOpenerPolicy: false,
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        'default-src': ["'none'"],
        'script-src': ["'self'"],
        'style-src': ["'self'", "'unsafe-inline'"],
        'img-src': ["'self'", 'data:'],
        'connect-src': ["'self'", new URL(issuer).origin],
        'form-action': ["'none'"],
        'base-uri': ["'none'"],
        'frame-ancestors': ["'none'"],
      },
    },
  };
}
