import { Logger } from '@nestjs/common';
import type Provider from 'oidc-provider';

const LOOPBACK_HOSTS: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * How the issuer calls clients: at their back-channel logout URI, and at nothing else (a registration has no `jwks_uri`).
 * oidc-provider gives 2.5 seconds, follows no redirect, and refuses to connect to an address that is not public, so that
 * a registration cannot make the issuer call into its own network. A URI that is registered for this machine is the
 * exception.
 */
export async function fetchFromClient(input: string | URL | Request, init?: RequestInit): Promise<Response> {
  const { hostname } = new URL(input instanceof Request ? input.url : input);
  if (!LOOPBACK_HOSTS.has(hostname)) return fetch(input, init);
  return fetch(input, { ...init, ...WITHOUT_ADDRESS_CHECK });
}

const WITHOUT_ADDRESS_CHECK = { dispatcher: undefined } as const;

/** A client that was not told may keep its session: nobody is to learn that by accident. */
export function logFailedLogouts(provider: Provider): void {
  const logger = new Logger('BackChannelLogout');
  provider.on('backchannel.error', (_ctx, error, { clientId }) =>
    logger.warn(`${clientId} was not told of a logout: ${error.message}`),
  );
}
