import { STATUS_CODES } from 'node:http';
import { AuthError, ServiceError } from '@countersign/auth';
import {
  Catch,
  HttpException,
  Logger,
  NotFoundException,
  type ArgumentsHost,
  type ExceptionFilter,
} from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** RFC 9457 problem details. `code` is for programs, `detail` for people. */
interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code?: string;
}

const OUTAGE_RETRY_SECONDS = 2;
const INTERNAL = 'The request failed on our side. It has been logged.';

/** Answers every error as `application/problem+json` and logs what the caller is not told. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger('Requests');

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const reply = http.getResponse<FastifyReply>();
    const problem = toProblem(error);
    this.log(error, problem, http.getRequest<FastifyRequest>());
    // An answer depends on who asked: no cache may give it to another (RFC 9111 §3.5).
    if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store');
    if (problem.status === 503 && !reply.hasHeader('retry-after')) {
      reply.header('retry-after', String(OUTAGE_RETRY_SECONDS));
    }
    void reply.status(problem.status).type('application/problem+json').send(problem);
  }

  private log(error: unknown, { status }: Problem, request: FastifyRequest): void {
    // The route's pattern and not the URL: a query may hold what must not be logged.
    const route = `${request.method} ${request.routeOptions.url ?? 'unknown route'}`;
    const cause = error instanceof HttpException ? error.cause : error;
    if (cause instanceof AuthError) {
      this.logger.warn({ msg: 'refused', route, status, code: cause.code, detail: cause.detail });
    } else if (status >= 500 && !(error instanceof ServiceError)) {
      this.logger.error(error);
    }
  }
}

function toProblem(error: unknown): Problem {
  if (error instanceof ServiceError) {
    const { code, status, detail } = error;
    return { ...makeProblem(status, detail), type: `urn:countersign:error:${code}`, code };
  }
  if (error instanceof HttpException) {
    const status = error.getStatus();
    return makeProblem(status, status === 500 ? INTERNAL : detailOf(error));
  }
  return makeProblem(500, INTERNAL);
}

function makeProblem(status: number, detail: string): Problem {
  return { type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status, detail };
}

/** A pipe lists its findings; the first few say enough. Nest's own 404 would repeat the URL, query included. */
function detailOf(error: HttpException): string {
  if (error instanceof NotFoundException) return 'There is nothing at this address.';
  const response = error.getResponse();
  if (typeof response === 'object' && 'message' in response && Array.isArray(response.message)) {
    return response.message.slice(0, 10).join('; ');
  }
  return error.message;
}
