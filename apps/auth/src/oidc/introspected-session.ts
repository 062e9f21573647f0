import type { KoaContextWithOIDC, Provider } from 'oidc-provider';

/**
 * Names the session of an introspected access token as its claims do. oidc-provider puts a `sid` of its own over that of
 * the claims, which access tokens do not have: a resource server could not tell which tokens end with a session.
 */
export function nameIntrospectedSession(provider: Provider): void {
  provider.use(async (ctx: KoaContextWithOIDC, next) => {
    await next();
    const { sid } = ctx.oidc?.entities?.AccessToken?.extra ?? {};
    if (ctx.path !== '/introspect' || !isActive(ctx.body) || sid === undefined) return;
    ctx.body = { ...ctx.body, sid };
  });
}

function isActive(body: unknown): body is { readonly active: true } {
  return typeof body === 'object' && body !== null && 'active' in body && body.active === true;
}
