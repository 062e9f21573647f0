import { errors, Provider, type Client, type Configuration } from 'oidc-provider';
import { verifyClientSecret } from '../clients/client-secret.js';
import { clientAddress } from '../client-address/client-address.js';
import { networkOf } from '../client-address/network.js';
import type { Answer, FailureThrottle } from './throttle.js';

/** What clients sign assertions and DPoP proofs with; what the issuer signs with is another matter. */
export const CLIENT_ALGORITHMS = ['ES256', 'RS256', 'PS256', 'EdDSA', 'Ed25519'] as const;

/** An assertion is made for one request: it need not live longer, and its `jti` is kept for as long. */
const ASSERTION_SECONDS = 60;
export const CLOCK_TOLERANCE_SECONDS = 5;
/** RFC 7523 names no type; `client-authentication+jwt` is that of its successor (draft-ietf-oauth-rfc7523bis §4). */
const ASSERTION_TYPES: ReadonlySet<unknown> = new Set([undefined, 'JWT', 'client-authentication+jwt']);

export const clientAuthentication: Pick<
  Configuration,
  'clientAuthMethods' | 'clockTolerance' | 'assertJwtClientAuthClaimsAndHeader'
> = {
  // Without client_secret_jwt: every client secret would be a signing key, and could not be stored hashed.
  clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'],
  clockTolerance: CLOCK_TOLERANCE_SECONDS,
  assertJwtClientAuthClaimsAndHeader: (ctx, claims, header) => {
    const fault = assertionFault(claims, header, { issuer: ctx.oidc.issuer, now: Date.now() / 1_000 });
    if (fault !== undefined) throw new errors.InvalidClientAuth(fault);
  },
};

/**
 * What is wrong with a client assertion whose signature, `exp`, `jti` and `iss` are right (RFC 7523 §3). An assertion
 * for the issuer alone cannot be collected by another server and used here (RFC 9700 and draft-ietf-oauth-rfc7523bis: an
 * audience list, or the address of an endpoint, which that server can name as its own, opens that way).
 */
export function assertionFault(
  claims: Readonly<Record<string, unknown>>,
  header: Readonly<Record<string, unknown>>,
  { issuer, now }: { readonly issuer: string; readonly now: number },
): string | undefined {
  const { aud, iss, sub, exp } = claims;
  if (aud !== issuer) return 'aud must be the issuer identifier and nothing else';
  if (sub !== iss) return 'sub must be the client_id';
  if (!ASSERTION_TYPES.has(header['typ'])) return 'typ must be that of a client assertion';
  if (typeof exp !== 'number' || exp > now + ASSERTION_SECONDS + CLOCK_TOLERANCE_SECONDS)
    return `exp must be at most ${ASSERTION_SECONDS} seconds ahead`;
  return undefined;
}

/** Has oidc-provider compare client secrets as we do. */
export function useHashedSecrets({ Client }: Provider, throttle: FailureThrottle): void {
  Client.prototype.compareClientSecret = function (secret) {
    const { ctx } = Provider;
    if (ctx === undefined) throw new TypeError('a client authenticates within a request');
    return compareSecret(this, secret, { address: clientAddress(ctx.req), throttle, answer: ctx });
  };
}

interface SecretAttempt {
  /** Where the request comes from. */
  readonly address: string;
  readonly throttle: FailureThrottle;
  readonly answer: Answer;
}

/**
 * Compares client secrets by their hash, and stops comparing for an address that has been wrong too often about one
 * client.
 *
 * @throws errors.OIDCProviderError (429)
 */
export async function compareSecret(
  { clientId, clientSecret = '' }: Pick<Client, 'clientId' | 'clientSecret'>,
  secret: string,
  { address, throttle, answer }: SecretAttempt,
): Promise<boolean> {
  const key = `${networkOf(address)} ${clientId}`;
  await throttle.assertOpen(answer, key);
  const isRight = verifyClientSecret(secret, clientSecret);
  if (!isRight) await throttle.noteFailure(key);
  return isRight;
}
