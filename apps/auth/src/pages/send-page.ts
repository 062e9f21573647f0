import { HttpStatus } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { contentSecurityPolicy, PAGE_HEADERS } from './page-headers.js';

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

/** 303 makes the browser go on with GET; 307 would post the password on to the client (RFC 9700 §4.12). */
export function seeOther(reply: FastifyReply, url: string): FastifyReply {
  return reply.header('Cache-Control', 'no-store').redirect(url, HttpStatus.SEE_OTHER);
}
