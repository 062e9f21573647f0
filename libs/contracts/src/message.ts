import type { z } from 'zod';

/** One kind of message between workloads: what is asked, and what is answered. */
export interface Message<Request extends z.ZodType, Response extends z.ZodType> {
  /** `domain.verb`: the name that the message travels under. */
  readonly pattern: string;
  readonly request: Request;
  readonly response: Response;
}

const PATTERN = /^[a-z]+\.[a-z]+$/;

/**
 * Defines a message once, for both ends of a hop: the sender types its call by it, the receiver validates by it,
 * and the gateway describes it in OpenAPI.
 *
 * @throws TypeError when the pattern is not `domain.verb`.
 */
export function defineMessage<Request extends z.ZodType, Response extends z.ZodType>(
  message: Message<Request, Response>,
): Message<Request, Response> {
  if (!PATTERN.test(message.pattern)) throw new TypeError(`${message.pattern} is not domain.verb`);
  return Object.freeze(message);
}
