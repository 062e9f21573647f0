import type { KoaContextWithOIDC, Provider } from 'oidc-provider';
import { clientAddress } from '../client-address/client-address.js';
import { networkOf } from '../client-address/network.js';
import type { RequestThrottle } from './throttle.js';

/**
 * What oidc-provider's introspection leaves open: it answers public clients, which nobody authenticated (RFC 7662
 * §2.1), and tells anyone who authenticates as often as they ask what is no token (§4). Against who tries handles stand
 * their 256 random bits, and nothing here: 429 in place of "inactive" tells as much, and asks a caller to slow down. Of
 * an active token a resource server always hears, or whoever sends it rubbish would keep everyone else out. Each replica
 * counts its own answers.
 */
export function guardIntrospection(provider: Provider, throttle: RequestThrottle): void {
  provider.use(async (ctx: KoaContextWithOIDC, next) => {
    await next();
    if (ctx.path !== '/introspect' || ctx.method !== 'POST') return;
    if (!isAuthenticated(ctx)) {
      // The same whatever the token is, or a public client could tell tokens from rubbish.
      refuse(ctx, 401, 'invalid_client');
    } else if (ctx.status === 200 && isInactive(ctx.body)) {
      const seconds = await throttle.count(
        `${networkOf(clientAddress(ctx.req))} ${ctx.oidc.client?.clientId}`,
      );
      if (seconds === 0) return;
      ctx.set('Retry-After', String(seconds));
      refuse(ctx, 429, 'temporarily_unavailable');
    }
  });
}

function isAuthenticated({ headers, oidc }: KoaContextWithOIDC): boolean {
  if (oidc?.client?.clientAuthMethod === 'none') return false;
  const { client_id, client_assertion } = oidc?.params ?? {};
  return [headers.authorization, client_id, client_assertion].some((value) => value !== undefined);
}

function isInactive(body: unknown): boolean {
  return typeof body === 'object' && body !== null && 'active' in body && body.active === false;
}

function refuse(ctx: KoaContextWithOIDC, status: number, error: string): void {
  ctx.status = status;
  ctx.body = { error };
}
