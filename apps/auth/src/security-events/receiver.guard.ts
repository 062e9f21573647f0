import {
  ForbiddenException,
  Injectable,
  UnauthorizedException,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ClientMetadata } from 'oidc-provider';
import { verifyClientSecret } from '../clients/client-secret.js';
import { ClientsRepository } from '../clients/clients.repository.js';

const RECEIVER = Symbol('receiver');

type ReceiverRequest = FastifyRequest & { [RECEIVER]?: string };

/**
 * Lets in resource servers: clients that authenticate with their secret (RFC 6749 §2.3.1, HTTP Basic; the body is JSON
 * and has no place for it) and whose registration names a `resource_server`.
 */
@Injectable()
export class ReceiverGuard implements CanActivate {
  constructor(private readonly clients: ClientsRepository) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const http = context.switchToHttp();
    const request = http.getRequest<ReceiverRequest>();
    const client = await this.authenticate(request.headers.authorization);
    if (client === undefined) {
      http.getResponse<FastifyReply>().header('www-authenticate', 'Basic realm="events", charset="UTF-8"');
      throw new UnauthorizedException('The credentials of a resource server are required.');
    }
    if (client['resource_server'] === undefined)
      throw new ForbiddenException('The client is no resource server.');
    request[RECEIVER] = client.client_id;
    return true;
  }

  private async authenticate(authorization: string | undefined): Promise<ClientMetadata | undefined> {
    const credentials = basicCredentials(authorization);
    if (credentials === undefined) return undefined;
    const client = await this.clients.find(credentials.clientId);
    const secretHash = client?.client_secret;
    if (secretHash === undefined || !verifyClientSecret(credentials.secret, secretHash)) return undefined;
    return client;
  }
}

/** `client_id` of the caller that the guard let in. */
export function receiverOf(request: FastifyRequest): string {
  const { [RECEIVER]: clientId } = request as ReceiverRequest;
  if (clientId === undefined) throw new TypeError('no ReceiverGuard has seen this request');
  return clientId;
}

/** Both parts are form-encoded before they are joined (RFC 6749 §2.3.1). */
function basicCredentials(header: string | undefined) {
  const [, encoded] = /^Basic ([A-Za-z0-9+/]+={0,2})$/i.exec(header ?? '') ?? [];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  if (colon < 1) return undefined;
  try {
    return { clientId: formDecode(text.slice(0, colon)), secret: formDecode(text.slice(colon + 1)) };
  } catch {
    return undefined; // a percent sign that starts no escape
  }
}

function formDecode(text: string): string {
  return decodeURIComponent(text.replaceAll('+', ' '));
}
