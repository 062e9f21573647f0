import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { noteClientAddress } from '../client-address/client-address.js';

/** A request as oidc-provider reads it: it finds interaction and session by signed cookies. */
export interface RawExchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

export function exchange(request: FastifyRequest, reply: FastifyReply): RawExchange {
  noteClientAddress(request.raw, request.ip);
  return { request: request.raw, response: reply.raw };
}

/** What is known of who asks, before they say who they are. */
export function clientOf({ ip, headers }: FastifyRequest): {
  readonly address: string;
  readonly cookies: string | undefined;
} {
  return { address: ip, cookies: headers.cookie };
}
