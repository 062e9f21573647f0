import { createHash } from 'node:crypto';
import type { KoaContextWithOIDC } from 'oidc-provider';
import { PAGE_HEADERS, contentSecurityPolicy, formActionSources } from '../pages/page-headers.js';
import { JWKS_MAX_AGE_SECONDS } from '../signing-keys/key-ring.js';

/** Headers of everything that oidc-provider answers. */
export async function setResponseHeaders(ctx: KoaContextWithOIDC, next: () => Promise<void>): Promise<void> {
  ctx.set(PAGE_HEADERS);
  // Before the page is made: oidc-provider adds the hash of its self-submitting script to an existing `script-src`.
  ctx.set('Content-Security-Policy', contentSecurityPolicy({ scripts: 'added by hash' }));
  await next();

  if (ctx.path === '/.well-known/jwks.json' && ctx.status === 200) cacheJwks(ctx);
  else if (ctx.response.is('html')) {
    ctx.set('Cache-Control', 'no-store');
    ctx.append('Content-Security-Policy', policyForForms(ctx));
  }
}

/** A second policy, which browsers apply besides the first: the page's form leads here or to the client that waits. */
function policyForForms({ oidc }: KoaContextWithOIDC): string {
  const target = oidc?.params?.['redirect_uri'] ?? oidc?.params?.['post_logout_redirect_uri'];
  return `form-action ${formActionSources(target).join(' ')}`;
}

/** Verifiers fetch the JWKS often and it changes rarely: they may keep it, and ask whether it is still the same. */
function cacheJwks(ctx: KoaContextWithOIDC): void {
  ctx.set('Cache-Control', `public, max-age=${JWKS_MAX_AGE_SECONDS}`);
  ctx.response.etag = createHash('sha256').update(JSON.stringify(ctx.body)).digest('base64url');
  if (ctx.fresh) ctx.status = 304;
}
