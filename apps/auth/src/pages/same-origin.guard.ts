import { ForbiddenException, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

export class FormOrigin {
  constructor(readonly origin: string) {}
}

/**
 * Refuses forms that another site submitted (login CSRF, which leaves people in the attacker's account). What decides
 * is the browser's own word: `Sec-Fetch-Site`, or `Origin` where it does not send that. A client that sends neither is no
 * browser and carries nobody's cookies but its own.
 */
@Injectable()
export class SameOriginGuard implements CanActivate {
  constructor(private readonly issuer: FormOrigin) {}

  canActivate(context: ExecutionContext): boolean {
    const { method, headers } = context.switchToHttp().getRequest<FastifyRequest>();
    if (method === 'GET' || method === 'HEAD') return true;
    const site = headers['sec-fetch-site'];
    const isOurs =
      site === undefined ? [undefined, this.issuer.origin].includes(headers.origin) : site === 'same-origin';
    if (!isOurs) throw new ForbiddenException('This form was sent from another site.');
    return true;
  }
}
