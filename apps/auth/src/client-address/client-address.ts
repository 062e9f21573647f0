import type { IncomingMessage } from 'node:http';

const addresses = new WeakMap<IncomingMessage, string>();

/** Remembers where a request comes from, as Fastify read it by the setting TRUST_PROXY, for who sees it raw. */
export function noteClientAddress(request: IncomingMessage, address: string): void {
  addresses.set(request, address);
}

/** Where a request comes from: the peer of its connection, unless a trusted proxy said otherwise. */
export function clientAddress(request: IncomingMessage): string {
  return addresses.get(request) ?? request.socket.remoteAddress ?? 'unknown';
}
