import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';

/** What is said of a request that cannot be parsed, by the code of Node's error; anything else is 400. */
const CLIENT_ERRORS: Readonly<Record<string, readonly [status: number, detail: string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'The request did not arrive in time.'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [413, 'The chunk extensions are too large.'],
  HPE_HEADER_OVERFLOW: [431, 'The header fields are too large.'],
};

/** These answers are made before any hook: what they need of the security headers, they have themselves. */
const HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'content-type': 'application/problem+json; charset=utf-8',
  'x-content-type-options': 'nosniff',
} as const;

/**
 * A request target that no route can be looked up by is refused before any hook or filter, and by default in
 * Fastify's words, with the target repeated. It is a problem as every other (RFC 9457).
 */
export function answerBadTarget(
  { statusCode = 400 }: FastifyError,
  _request: FastifyRequest,
  reply: FastifyReply,
): void {
  const body = problem(statusCode, 'The request target is malformed or too long.');
  void reply.status(statusCode).headers(HEADERS).send(body);
}

/** Answers what is hardly HTTP, or has headers without end, as a problem too, and ends the connection. */
export function answerClientError({ code = '' }: NodeJS.ErrnoException, socket: Socket): void {
  if (code === 'ECONNRESET' || socket.destroyed) return;
  const [status, detail] = CLIENT_ERRORS[code] ?? [400, 'The request is not well-formed HTTP.'];
  const body = problem(status, detail);
  const headers = { ...HEADERS, 'content-length': String(Buffer.byteLength(body)), connection: 'close' };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  if (socket.writable) {
    socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`);
  }
  socket.destroySoon();
}

function problem(status: number, detail: string): string {
  return JSON.stringify({ type: 'about:blank', title: STATUS_CODES[status], status, detail });
}
