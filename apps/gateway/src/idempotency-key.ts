import { idempotencyKey } from '@countersign/contracts';
import { BadRequestException, createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

/**
 * Hands the checked `Idempotency-Key` header to a parameter, undefined when there is none. Nest runs no pipes on
 * headers, so it is checked here.
 */
export const IdempotencyKey = createParamDecorator((_data: unknown, context: ExecutionContext) => {
  const { headers } = context.switchToHttp().getRequest<FastifyRequest>();
  const result = idempotencyKey.optional().safeParse(headers['idempotency-key']);
  if (result.success) return result.data;
  throw new BadRequestException(`Idempotency-Key ${result.error.issues[0]?.message}`);
});
