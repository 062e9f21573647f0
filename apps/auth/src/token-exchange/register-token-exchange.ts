import { Logger } from '@nestjs/common';
import { errors, type Client, type TokenEndpointGrantContext } from 'oidc-provider';
import type Provider from 'oidc-provider';
import {
  accessTokenKindFor,
  assertRegisteredScopes,
  toProvidedResourceServer,
} from '../oidc/resource-server.js';
import type { SignatureCheck } from '../oidc/signature-check.js';
import type { ResourceServer } from '../resource-servers/resource-server.js';
import type { ResourceServers } from '../resource-servers/resource-servers.js';
import { addActor } from './actor.js';
import { EXCHANGED_CLAIMS, type ExchangedClaims } from './exchanged-claims.js';
import { SubjectTokenError, type SubjectToken, type SubjectTokenVerifier } from './subject-token.js';
import { TOKEN_EXCHANGE, tokenExchangePolicyOf, type TokenExchangePolicy } from './token-exchange-policy.js';
import {
  ISSUED_TOKEN_TYPE,
  PARAMETERS,
  parseTokenExchangeRequest,
  type TokenExchangeRequest,
} from './token-exchange-request.js';

export interface TokenExchangeOptions {
  readonly resourceServers: ResourceServers;
  readonly signatureCheck: Pick<SignatureCheck, 'assertSignsFor'>;
  readonly subjectTokens: SubjectTokenVerifier;
  /** Roles of the subject now; undefined when nobody is behind the token any more. */
  readonly findSubjectRoles: (token: SubjectToken) => Promise<readonly string[] | undefined>;
}

/**
 * Token exchange (RFC 8693): a service that was called with a person's access token gets one of its own to call on
 * with, for the same person, and never for more. What it gives is never wider than what was presented: scopes and
 * roles are cut to the subject token's, its end is the subject token's, and the client stands in `act`.
 */
export function registerTokenExchange(provider: Provider, options: TokenExchangeOptions): void {
  const exchange = new TokenExchange(options);
  provider.registerGrantType(TOKEN_EXCHANGE, (ctx) => exchange.handle(ctx), PARAMETERS, [
    'resource',
    'audience',
  ]);
}

class TokenExchange {
  private readonly logger = new Logger('TokenExchange');

  constructor(private readonly options: TokenExchangeOptions) {}

  async handle(ctx: TokenEndpointGrantContext): Promise<void> {
    const { client, params, provider } = ctx.oidc;
    const policy = assertMayExchange(client);
    const request = parseTokenExchangeRequest(params);
    if (client.dpopBoundAccessTokens || ctx.get('DPoP') !== '') {
      throw new errors.InvalidRequest('token exchange gives no sender-constrained tokens');
    }
    const subject = await this.verifySubject(request, client, policy, provider);
    const server = this.resolveTarget(request.resource ?? subject.token.aud, client, policy);
    const scope = narrowScopes(request, subject.token, client, server).join(' ');
    this.options.signatureCheck.assertSignsFor(client, server.identifier);
    const act = addActor(client.clientId, subject.token.act);
    if (act === undefined)
      throw this.refuse(client, 'the chain of actors is too long, or the client is in it');

    const { aud, grant_id, auth_time, sid, sub, exp, client_id } = subject.token;
    const subject_clients = [client_id, ...subject.token.subject_clients];
    const claims: ExchangedClaims = { roles: subject.roles, auth_time, sid, grant_id, act, subject_clients };
    ctx.oidc.entity(EXCHANGED_CLAIMS, claims);
    const token = new provider.AccessToken({
      client,
      accountId: sub,
      grantId: grant_id ?? '',
      gty: TOKEN_EXCHANGE,
      scope,
      exp: Math.min(exp, nowSeconds() + server.accessTokenSeconds),
      resourceServer: new provider.ResourceServer(
        server.identifier,
        toProvidedResourceServer(server, accessTokenKindFor(client, server)),
      ),
    });
    const value = await token.save();
    this.logger.log(
      `${client.clientId} acts for ${sub}: ${scope} at ${server.identifier}, with a token of ${client_id} for ${aud}`,
    );
    ctx.body = {
      access_token: value,
      issued_token_type: ISSUED_TOKEN_TYPE,
      token_type: 'Bearer',
      expires_in: token.remainingTTL,
      scope,
    };
  }

  /** Whose subject token, and whether it still counts: all of it answers alike, or the answers would tell. */
  private async verifySubject(
    { subjectToken }: TokenExchangeRequest,
    client: Client,
    policy: TokenExchangePolicy,
    provider: Provider,
  ): Promise<{ readonly token: SubjectToken; readonly roles: readonly string[] | undefined }> {
    try {
      const token = await this.options.subjectTokens.verify(subjectToken, provider);
      if (token.exp <= nowSeconds()) throw new SubjectTokenError('it has expired');
      // A proof of possession would be lost: whoever stole the token could launder it into one without.
      if (token.cnf !== undefined) throw new SubjectTokenError('it is sender-constrained');
      if (!policy.subject_clients.includes(token.client_id)) {
        throw new SubjectTokenError(`the client may not present tokens of ${token.client_id}`);
      }
      if (this.options.resourceServers.find(token.aud) === undefined) {
        throw new SubjectTokenError('its resource server is not ours');
      }
      const current = await this.options.findSubjectRoles(token);
      if (current === undefined)
        throw new SubjectTokenError('its subject, client or grant is gone, or it has been revoked');
      // A person who got another role meanwhile does not get it here.
      return { token, roles: token.roles?.filter((role) => current.includes(role)) };
    } catch (error) {
      if (error instanceof SubjectTokenError) throw this.refuse(client, error.message);
      throw error;
    }
  }

  private resolveTarget(resource: string, client: Client, policy: TokenExchangePolicy): ResourceServer {
    const server = this.options.resourceServers.find(resource);
    if (server === undefined || !policy.audiences.includes(resource)) throw new errors.InvalidTarget();
    // A handle is revoked with the grant of its client, and the exchanging client has none.
    if (accessTokenKindFor(client, server).name === 'opaque') throw new errors.InvalidTarget();
    return server;
  }

  /** RFC 8693 §2.2.2: an unacceptable subject token is an invalid request. */
  private refuse(client: Client, reason: string): Error {
    this.logger.warn(`refused to ${client.clientId}: ${reason}`);
    return new errors.InvalidRequest('the subject token is not acceptable');
  }
}

function assertMayExchange(client: Client): TokenExchangePolicy {
  // Whoever says its name is a public client: any thief of a token could exchange it.
  const policy = client.clientAuthMethod === 'none' ? undefined : tokenExchangePolicyOf(client);
  if (policy === undefined) throw new errors.UnauthorizedClient('the client may not exchange tokens');
  return policy;
}

/** @throws errors.InvalidScope for a scope that the subject token, the client or the resource server has not */
function narrowScopes(
  { scopes }: TokenExchangeRequest,
  subject: SubjectToken,
  client: Client,
  server: ResourceServer,
): readonly string[] {
  const presented = new Set(subject.scope.split(' ').filter(Boolean));
  if (scopes !== undefined) {
    assertRegisteredScopes(scopes, client);
    for (const scope of scopes) {
      if (!presented.has(scope) || !server.scopes.includes(scope)) {
        throw new errors.InvalidScope('requested scope is not in the subject token', scope);
      }
    }
    return [...scopes];
  }
  const registered = new Set(client.scope?.split(' '));
  const left = [...presented].filter((scope) => registered.has(scope) && server.scopes.includes(scope));
  if (left.length === 0) throw new errors.InvalidScope('no scope is left', subject.scope);
  return left;
}

function nowSeconds(): number {
  return Math.floor(Date.now() / 1_000);
}
