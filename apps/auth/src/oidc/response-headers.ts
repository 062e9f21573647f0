import type { KoaContextWithOIDC } from 'oidc-provider';
import { PAGE_HEADERS, contentSecurityPolicy, formActionSources } from '../pages/page-headers.js';

/** Headers of everything that oidc-provider answers. */
export async function setResponseHeaders(ctx: KoaContextWithOIDC, next: () => Promise<void>): Promise<void> {
  ctx.set(PAGE_HEADERS);
  // Before the page is made: oidc-provider adds the hash of its self-submitting script to an existing `script-src`.
  ctx.set('Content-Security-Policy', contentSecurityPolicy({ scripts: 'added by hash' }));
  await next();

  if (ctx.response.is('html')) {
    ctx.set('Cache-Control', 'no-store');
    ctx.append('Content-Security-Policy', policyForForms(ctx));
  }
}

/** A second policy, which browsers apply besides the first: the page's form leads here or to the client that waits. */
function policyForForms({ oidc }: KoaContextWithOIDC): string {
  const target = oidc?.params?.['redirect_uri'] ?? oidc?.params?.['post_logout_redirect_uri'];
  return `form-action ${formActionSources(target).join(' ')}`;
}
