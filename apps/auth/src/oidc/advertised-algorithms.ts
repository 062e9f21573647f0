import type Provider from 'oidc-provider';
import type { KoaContextWithOIDC } from 'oidc-provider';
import type { KeyRing } from '../signing-keys/key-ring.js';
import type { SigningKey } from '../signing-keys/signing-key.js';
import { DEFAULT_ID_TOKEN_ALGORITHM } from './signature-check.js';

/**
 * Discovery names what signs ID tokens now (RFC 8414 §2): oidc-provider would name whatever a client can be registered
 * for. RS256 stays for the moment between the revocation of its key and the next, as it must be among them (OpenID
 * Connect Discovery §3).
 */
export function advertiseWhatSigns(
  provider: Provider,
  keyRing: Pick<KeyRing<SigningKey>, 'signingAlgorithms'>,
): void {
  const algorithms = [...new Set([DEFAULT_ID_TOKEN_ALGORITHM, ...keyRing.signingAlgorithms()])];
  provider.use(async (ctx: KoaContextWithOIDC, next) => {
    await next();
    if (isDiscovery(ctx)) ctx.body = { ...ctx.body, id_token_signing_alg_values_supported: algorithms };
  });
}

function isDiscovery(ctx: KoaContextWithOIDC): ctx is KoaContextWithOIDC & { body: object } {
  return ctx.status === 200 && ctx.oidc?.route === 'discovery';
}
