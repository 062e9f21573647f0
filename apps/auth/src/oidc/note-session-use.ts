import { Logger } from '@nestjs/common';
import { withoutQuery } from '@countersign/platform/database';
import type { KoaContextWithOIDC } from 'oidc-provider';
import { clientAddress } from '../client-address/client-address.js';
import type { ProviderOptions } from './provider-configuration.js';

/** Tells of every request within a session, when its answer is made; a note that fails spoils no login. */
export function noteSessionUse(note: ProviderOptions['noteSession']) {
  const logger = new Logger('Sessions');
  return async (ctx: KoaContextWithOIDC, next: () => Promise<void>): Promise<void> => {
    await next();
    const { session } = ctx.oidc ?? {};
    if (session?.accountId === undefined || session.loginTs === undefined || 'destroyed' in session) return;
    try {
      await note({
        uid: session.uid,
        accountId: session.accountId,
        address: clientAddress(ctx.req),
        userAgent: ctx.get('user-agent'),
        loggedInAt: new Date(session.loginTs * 1_000),
        expiresAt: new Date(session.exp * 1_000),
      });
    } catch (error) {
      logger.warn(`use of a session not noted: ${String(withoutQuery(error))}`);
    }
  };
}
