import { Provider, type KoaContextWithOIDC } from 'oidc-provider';
import { clientAddress } from '../client-address/client-address.js';
import { networkOf } from '../client-address/network.js';
import { durationInWords } from '../pages/duration.js';
import { errorPage } from '../pages/page.js';
import { TOO_MANY_REQUESTS, type RequestThrottle } from './throttle.js';

/** Pages at which a request writes a row before anybody has logged in: an interaction, or a session for its form. */
const PAGES: ReadonlySet<string> = new Set(['/authorize', '/device', '/logout']);
/** Endpoints at which a client writes one; a public client is anyone who knows its id. */
const CLIENT_ROUTES: ReadonlySet<unknown> = new Set(['pushed_authorization_request', 'device_authorization']);

/**
 * Bounds the rows that strangers can have written, which are kept for up to half an hour: one network may ask for so
 * many, and fill no table. Clients that authenticate are not counted, since they are known and can be disabled.
 */
export function throttleStrangers(provider: Provider, throttle: RequestThrottle): void {
  provider.use(async (ctx: KoaContextWithOIDC, next) => {
    const seconds = PAGES.has(ctx.path) ? await throttle.count(networkOf(clientAddress(ctx.req))) : 0;
    if (seconds === 0) {
      await next();
      return;
    }
    ctx.status = TOO_MANY_REQUESTS;
    ctx.set('Retry-After', String(seconds));
    ctx.type = 'html';
    ctx.body = errorPage(
      `Too many requests came from your network. Wait ${durationInWords(seconds)} and try again.`,
    );
  });
  throttlePublicClients(provider, throttle);
}

/** Counts a public client as soon as it has said which it is: what it asks for has not been written yet. */
function throttlePublicClients({ Client }: Provider, throttle: RequestThrottle): void {
  const find = Client.find.bind(Client);
  Client.find = async (...args: Parameters<typeof find>) => {
    const client = await find(...args);
    const { ctx } = Provider;
    const isFirst = ctx !== undefined && CLIENT_ROUTES.has(ctx.oidc?.route) && ctx.oidc.client === undefined;
    if (isFirst && client?.clientAuthMethod === 'none')
      await throttle.assertFew(ctx, networkOf(clientAddress(ctx.req)));
    return client;
  };
}
