import { ForbiddenException, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Client } from 'oidc-provider';
import { ClientAuthenticator } from '../oidc/client-authenticator.js';
import { toHttpException } from './poll-error.js';

const RECEIVER = Symbol('receiver');

type ReceiverRequest = FastifyRequest & { [RECEIVER]?: string };

/**
 * Lets in resource servers: clients that authenticate as they do at the protocol endpoints, and whose registration
 * names a `resource_server`. The body is JSON: what goes into a form there is a member of it here, besides those of
 * the poll (RFC 8936 §2.2), which leaves authentication open (§3).
 */
@Injectable()
export class ReceiverGuard implements CanActivate {
  constructor(private readonly clients: ClientAuthenticator) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const http = context.switchToHttp();
    const request = http.getRequest<ReceiverRequest>();
    const client = await this.authenticate(request, http.getResponse<FastifyReply>());
    if (client['resource_server'] === undefined)
      throw new ForbiddenException('The client is no resource server.');
    request[RECEIVER] = client.clientId;
    return true;
  }

  private async authenticate(request: FastifyRequest, reply: FastifyReply): Promise<Client> {
    try {
      return await this.clients.authenticate(request, {
        set: (name, value) => void reply.header(name, value),
      });
    } catch (error) {
      throw toHttpException(error, reply);
    }
  }
}

/** `client_id` of the caller that the guard let in. */
export function receiverOf(request: FastifyRequest): string {
  const { [RECEIVER]: clientId } = request as ReceiverRequest;
  if (clientId === undefined) throw new TypeError('no ReceiverGuard has seen this request');
  return clientId;
}
