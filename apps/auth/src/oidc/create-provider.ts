import { Provider, type KoaContextWithOIDC } from 'oidc-provider';
import { isRedirectUriAllowed } from '../clients/redirect-uri.js';
import { registerTokenExchange } from '../token-exchange/register-token-exchange.js';
import { SubjectTokenVerifier } from '../token-exchange/subject-token.js';
import { advertiseWhatSigns } from './advertised-algorithms.js';
import { logFailedLogouts } from './back-channel-logout.js';
import { useHashedSecrets } from './client-authentication.js';
import { throttlePolling, throttleUserCodes } from './device-flow.js';
import { answerUnavailable, logFaults } from './faults.js';
import { nameIntrospectedSession } from './introspected-session.js';
import { guardIntrospection } from './introspection-guard.js';
import { SigningUnavailableError } from '../signing-keys/signing-unavailable-error.js';
import { providerConfiguration, type ProviderOptions } from './provider-configuration.js';
import { findSubjectRoles } from './find-subject-roles.js';
import { refuseUnregisteredGrantTypes } from './grant-types.js';
import { refuseNul } from './refuse-nul.js';
import { endLeakedFamilies, rotateInOneStep } from './refresh-rotation.js';
import { detectReplaysAtomically } from './replay-detection.js';
import { noteSessionUse } from './note-session-use.js';
import { bindLoginsToCredentials } from './session-credentials.js';
import { rotateSessionsInPlace } from './session-rotation.js';
import { setResponseHeaders } from './response-headers.js';
import { throttleStrangers } from './throttle-strangers.js';
import { leaveOutUnverifiedHints } from './unverified-hints.js';
import { SignatureCheck, checkBeforeCodesAreUsedUp } from './signature-check.js';

/**
 * Builds an oidc-provider for one state of the key ring, in about 5 ms: the keys of a `Provider` cannot be changed,
 * so that a rotation builds another and swaps it in.
 */
export function createProvider(options: Omit<ProviderOptions, 'signatureCheck'>): Provider {
  const { throttles, resourceServers } = options;
  const signatureCheck = new SignatureCheck(options.keyRing, resourceServers);
  const provider = new Provider(options.issuer, providerConfiguration({ ...options, signatureCheck }));
  pinOrigin(provider, options.issuer);
  useOwnRedirectRules(provider);
  refuseNul(provider);
  refuseUnregisteredGrantTypes(provider);
  useHashedSecrets(provider, throttles.clientSecrets);
  detectReplaysAtomically(provider, options.orm);
  throttleUserCodes(provider, throttles.userCodes);
  throttlePolling(provider, throttles.devicePolls);
  checkBeforeCodesAreUsedUp(provider, signatureCheck);
  rotateInOneStep(provider, options.refreshTokens);
  endLeakedFamilies(provider, options.refreshTokens);
  registerTokenExchange(provider, {
    resourceServers,
    signatureCheck,
    subjectTokens: new SubjectTokenVerifier({
      issuer: options.issuer,
      keys: options.keyRing.published().map((key) => key.publicJwk),
    }),
    findSubjectRoles: (token) => findSubjectRoles(token, provider, options),
  });
  guardIntrospection(provider, throttles.inactiveAnswers);
  nameIntrospectedSession(provider);
  bindLoginsToCredentials(provider);
  rotateSessionsInPlace(provider, options.sessions);
  endSessions(provider, options.revokeSession);
  provider.use(setResponseHeaders);
  advertiseWhatSigns(provider, options.keyRing);
  throttleStrangers(provider, throttles.strangers);
  leaveOutUnverifiedHints(provider, {
    issuer: options.issuer,
    keys: [...options.keyRing.signers(), ...options.idTokenHintKeys].map(({ publicJwk }) => publicJwk),
  });
  provider.use(refuseUnlessItCanSign(options.assertCanSign));
  provider.use(noteSessionUse(options.noteSession));
  logFaults(provider);
  logFailedLogouts(provider);
  return provider;
}

/**
 * The URLs in documents, redirects and cookies come from the issuer setting. Koa would take them from `Host`,
 * `X-Forwarded-*` or the request target, with which a caller could have a poisoned discovery document cached
 * (RFC 8414 §3.3) or a `Secure` cookie sent without TLS.
 */
function pinOrigin(provider: Provider, issuer: string): void {
  const { origin, host, hostname, protocol } = new URL(issuer);
  Object.defineProperties(provider.request, {
    protocol: { get: () => protocol.slice(0, -1) },
    host: { get: () => host },
    hostname: { get: () => hostname },
    origin: { get: () => origin },
    href: { get: () => origin },
  });
}

function useOwnRedirectRules({ Client }: Provider): void {
  Client.prototype.redirectUriAllowed = function (uri) {
    return isRedirectUriAllowed(this.redirectUris ?? [], uri);
  };
  Client.prototype.postLogoutRedirectUriAllowed = function (uri) {
    return isRedirectUriAllowed(this.postLogoutRedirectUris ?? [], uri);
  };
}

/**
 * A logout reaches the verifiers. `Session.destroy` is the end of a session; its adapter's is not, which oidc-provider
 * calls for a mere change of the session's handle too.
 */
function endSessions({ Session }: Provider, revokeSession: ProviderOptions['revokeSession']): void {
  const prototype: { destroy: (this: InstanceType<typeof Session>) => Promise<void> } = Session.prototype;
  const { destroy } = prototype;
  prototype.destroy = async function () {
    // Without an account there is nothing to tell, and what is put on record is kept for two weeks.
    if (this.accountId !== undefined) await revokeSession(this);
    await destroy.call(this);
  };
}

/**
 * A code and a refresh token are used up before the token that they give is signed: while the signer is away, a client
 * keeps what it has.
 */
function refuseUnlessItCanSign(assertCanSign: ProviderOptions['assertCanSign']) {
  return async (ctx: KoaContextWithOIDC, next: () => Promise<void>): Promise<void> => {
    try {
      if (ctx.method === 'POST' && ctx.path === '/token') await assertCanSign();
    } catch (error) {
      if (!(error instanceof SigningUnavailableError)) throw error;
      ctx.status = 500;
      answerUnavailable(ctx);
      return;
    }
    await next();
  };
}
