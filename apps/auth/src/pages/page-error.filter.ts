import {
  Catch,
  HttpException,
  HttpStatus,
  Logger,
  type ArgumentsHost,
  type ExceptionFilter,
} from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { errors } from 'oidc-provider';
import { QueueFullError } from '@countersign/platform';
import { throttled } from '../login/login-answer.js';
import { ThrottledError } from '../login/login-throttle.js';
import { isDatabaseOutage, OUTAGE_RETRY_SECONDS, withoutQuery } from '@countersign/platform/database';
import { errorPage } from './page.js';
import { sendPage } from './send-page.js';

interface Explanation {
  readonly status: number;
  /** What the person can do. */
  readonly message: string;
  readonly retryAfterSeconds?: number;
}

/** Turns whatever goes wrong on the way of a person into a page that says what the person can do. */
@Catch()
export class PageErrorFilter implements ExceptionFilter {
  private readonly logger = new Logger(PageErrorFilter.name);

  catch(error: unknown, host: ArgumentsHost): void {
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const { status, message, retryAfterSeconds } = this.explain(error);
    if (retryAfterSeconds !== undefined) reply.header('Retry-After', retryAfterSeconds);
    void sendPage(reply, status, errorPage(message), ["'none'"]);
  }

  private explain(error: unknown): Explanation {
    if (error instanceof HttpException) return { status: error.getStatus(), message: error.message };
    if (error instanceof errors.SessionNotFound) {
      return {
        status: HttpStatus.NOT_FOUND,
        message:
          'This login has expired, or was begun in another browser. Go back to the application and log in again.',
      };
    }
    if (error instanceof ThrottledError) {
      const { status, problem, retryAfterSeconds } = throttled(error);
      return { status, message: problem, retryAfterSeconds };
    }
    if (error instanceof QueueFullError) {
      return {
        status: HttpStatus.SERVICE_UNAVAILABLE,
        message: 'Many people log in right now. Wait a few seconds and try again.',
        retryAfterSeconds: OUTAGE_RETRY_SECONDS,
      };
    }
    this.logger.error(withoutQuery(error));
    if (isDatabaseOutage(error)) {
      return {
        status: HttpStatus.SERVICE_UNAVAILABLE,
        message: 'The login is down for a moment. Wait a few seconds and try again.',
        retryAfterSeconds: OUTAGE_RETRY_SECONDS,
      };
    }
    return {
      status: HttpStatus.INTERNAL_SERVER_ERROR,
      message: 'The fault is ours. Go back to the application and try again later.',
    };
  }
}
