import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { createLocalJWKSet, errors as joseErrors, jwtVerify, type JSONWebKeySet } from 'jose';
import { errors, type Client } from 'oidc-provider';
import {
  assertionFault,
  CLIENT_ALGORITHMS,
  CLOCK_TOLERANCE_SECONDS,
  compareSecret,
} from './client-authentication.js';
import { credentialsOf, type ClientCredentials } from './client-credentials.js';
import { CurrentProvider } from './current-provider.js';
import type { Answer } from './throttle.js';
import { Throttles } from './throttles.js';

type Assertion = Extract<ClientCredentials, { readonly by: 'assertion' }>;

/**
 * Authenticates clients at routes of our own, by what they registered and under the rules of the protocol endpoints:
 * the same secrets under the same throttle, the same assertions, each good for one use wherever it is used.
 */
@Injectable()
export class ClientAuthenticator {
  constructor(
    private readonly provider: CurrentProvider,
    private readonly throttles: Throttles,
  ) {}

  /**
   * @param answer gets `Retry-After` when there were too many wrong secrets
   * @throws errors.OIDCProviderError `invalid_client` (401), `invalid_request` (400) for two ways at once, or 429
   */
  async authenticate(
    { headers, body, ip }: Pick<FastifyRequest, 'headers' | 'body' | 'ip'>,
    answer: Answer,
  ): Promise<Client> {
    const credentials = credentialsOf(headers.authorization, body);
    const client = await this.provider.current.Client.find(credentials.clientId);
    if (client === undefined) throw new errors.InvalidClientAuth('client not found');
    switch (client.clientAuthMethod) {
      case 'client_secret_basic':
      case 'client_secret_post': {
        if (credentials.by !== 'secret') break;
        const attempt = { address: ip, throttle: this.throttles.clientSecrets, answer };
        if (!(await compareSecret(client, credentials.secret, attempt))) break;
        return client;
      }
      case 'private_key_jwt': {
        if (credentials.by !== 'assertion') break;
        await this.verifyAssertion(client, credentials);
        return client;
      }
      default: // a public client proves nothing
    }
    throw new errors.InvalidClientAuth('not by what the client registered');
  }

  private async verifyAssertion({ clientId, jwks }: Client, { assertion }: Assertion): Promise<void> {
    const { issuer, ReplayDetection } = this.provider.current;
    const { payload, protectedHeader } = await verifySignature(assertion, clientId, jwks);
    const fault = assertionFault(payload, protectedHeader, { issuer, now: Date.now() / 1_000 });
    if (fault !== undefined) throw new errors.InvalidClientAuth(fault);
    const { jti = '', exp = 0 } = payload; // both are required
    if (!(await ReplayDetection.unique(clientId, jti, exp + CLOCK_TOLERANCE_SECONDS)))
      throw new errors.InvalidClientAuth('an assertion is good for one use');
  }
}

async function verifySignature(assertion: string, clientId: string, jwks: Client['jwks']) {
  try {
    return await jwtVerify(assertion, createLocalJWKSet((jwks ?? { keys: [] }) as JSONWebKeySet), {
      issuer: clientId,
      algorithms: [...CLIENT_ALGORITHMS],
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      requiredClaims: ['exp', 'jti'],
    });
  } catch (error) {
    if (error instanceof joseErrors.JOSEError) throw new errors.InvalidClientAuth(error.code);
    throw error;
  }
}
