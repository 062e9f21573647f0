import type { EventEmitter } from 'node:events';
import { Logger } from '@nestjs/common';
import { QueueFullError } from '@countersign/platform';
import { isDatabaseOutage, OUTAGE_RETRY_SECONDS, withoutQuery } from '@countersign/platform/database';
import type { KoaContextWithOIDC, Provider } from 'oidc-provider';
import { SigningUnavailableError } from '../signing-keys/signing-unavailable-error.js';

/** oidc-provider has written its answer when it reports a fault, and knows 500 only; a redirect stays as it is. */
export function answerUnavailable(ctx: KoaContextWithOIDC): void {
  if (ctx.status !== 500) return;
  ctx.status = 503;
  if (!ctx.response.is('html')) ctx.body = { error: 'temporarily_unavailable' };
  ctx.set('Retry-After', String(OUTAGE_RETRY_SECONDS));
}

/**
 * What the caller is not told: the reason of a fault of ours. Refusals of callers are not logged as faults. What passes is
 * 503 with `Retry-After`: an outage, or more writes than the database takes.
 */
export function logFaults(provider: Provider): void {
  const logger = new Logger('OidcProvider');
  provider.on('server_error', (ctx: KoaContextWithOIDC, error: Error) => {
    const passes = error instanceof SigningUnavailableError || error instanceof QueueFullError;
    if (passes) logger.warn(error.message);
    else logger.error(withoutQuery(error));
    if (passes || isDatabaseOutage(error)) answerUnavailable(ctx);
  });
  // A fault outside every endpoint: Koa would print it to standard error.
  const events: EventEmitter = provider;
  events.on('error', (error: Error) => logger.error(withoutQuery(error)));
}
