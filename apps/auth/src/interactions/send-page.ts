import type { FastifyReply } from 'fastify';
import { contentSecurityPolicy, PAGE_HEADERS } from '../pages/page-headers.js';

export function sendPage(
  reply: FastifyReply,
  status: number,
  markup: string,
  formAction: readonly string[],
): FastifyReply {
  return reply
    .status(status)
    .headers(PAGE_HEADERS)
    .header('Content-Security-Policy', contentSecurityPolicy({ scripts: 'none', formAction }))
    .header('Cache-Control', 'no-store')
    .type('text/html; charset=utf-8')
    .send(markup);
}
