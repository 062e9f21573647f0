import { isDatabaseOutage, OUTAGE_RETRY_SECONDS, withoutQuery } from '@countersign/platform/database';
import { HttpException } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { errors } from 'oidc-provider';
import { SigningUnavailableError } from '../signing-keys/signing-unavailable-error.js';
import { TooManyPollsError } from './event-stream.service.js';

/** What a receiver is told of what went wrong; anything else is a fault of ours, whose query is not for the log. */
export function toHttpException(error: unknown, reply: FastifyReply): unknown {
  if (error instanceof errors.OIDCProviderError) return refusalOf(error, reply);
  if (error instanceof TooManyPollsError) {
    reply.header('retry-after', String(OUTAGE_RETRY_SECONDS));
    return new HttpException('Too many polls of the client are waiting.', 429);
  }
  if (!isDatabaseOutage(error) && !(error instanceof SigningUnavailableError)) return withoutQuery(error);
  reply.header('retry-after', String(OUTAGE_RETRY_SECONDS));
  return new HttpException('The events cannot be read at the moment.', 503);
}

/** Why the credentials do not count is not said: the caller could learn which clients there are. */
function refusalOf({ statusCode }: errors.OIDCProviderError, reply: FastifyReply): unknown {
  if (statusCode !== 401)
    return new HttpException(REFUSALS[statusCode] ?? 'The client cannot authenticate so.', statusCode);
  reply.header('www-authenticate', 'Basic realm="events", charset="UTF-8"');
  return new HttpException('The credentials of a resource server are required.', 401);
}

const REFUSALS: Readonly<Record<number, string>> = {
  429: 'There were too many wrong secrets of the client.',
};
