import { HttpException, Inject, Injectable, type ExecutionContext } from '@nestjs/common';
import type { HttpArgumentsHost } from '@nestjs/common/internal';
import { Reflector } from '@nestjs/core';
import { AuthGuard } from '@nestjs/passport';
import { ACCESS_RULE, isPublic, type AccessRule } from '../access/access.js';
import type { DecisionListener, DecisionReason } from '../access/access-decision.js';
import { assertAccess } from '../access/assert-access.js';
import { AuthError } from '../auth-error.js';
import type { Principal } from '../principal.js';
import { ACCESS_TOKEN_STRATEGY, PREPARED_TOKEN, type TokenRequest } from './access-token.strategy.js';
import { challenges, type ChallengeContext } from './challenge.js';
import { schemeOf } from './credentials.js';
import { requestPath } from './request-path.js';
import type { ResourceMetadata } from './resource-metadata.js';
import { Senders, type SenderRequest } from './senders.js';

export const CHALLENGE = Symbol('challenge');
export const DECISION_LISTENER = Symbol('decision listener');

export interface ChallengeOptions extends Pick<ChallengeContext, 'realm' | 'dpopAlgorithms'> {
  /** Null where no metadata is published. */
  readonly metadata: Pick<ResourceMetadata, 'addressFor'> | null;
}

/** Where the verified principal stands on a request, until the interceptor opens the caller's context. */
export const PRINCIPAL = Symbol('principal');

const OUTAGE_RETRY_SECONDS = 5;

interface HeaderSink {
  header(name: string, value: string | string[]): unknown;
}

/**
 * Verifies the access token of every request and holds its principal against the route's `@Access`. A route without
 * a declaration is refused, and so is every transport but HTTP.
 */
@Injectable()
export class HttpAccessGuard extends AuthGuard(ACCESS_TOKEN_STRATEGY) {
  constructor(
    private readonly reflector: Reflector,
    @Inject(CHALLENGE) private readonly challenge: ChallengeOptions,
    @Inject(DECISION_LISTENER) private readonly onDecision: DecisionListener | null,
    private readonly senders: Senders,
  ) {
    super({ property: PRINCIPAL, session: false });
  }

  override async canActivate(context: ExecutionContext): Promise<boolean> {
    const startedAt = performance.now();
    try {
      const rule = this.reflector.getAllAndOverride<AccessRule | undefined>(ACCESS_RULE, [
        context.getHandler(),
        context.getClass(),
      ]);
      if (rule === undefined || context.getType() !== 'http') {
        throw new AuthError('access_undeclared', 'the handler does not declare who may call it');
      }
      if (isPublic(rule)) return true;
      await super.canActivate(context);
      const { [PRINCIPAL]: principal } = context.switchToHttp().getRequest<{ [PRINCIPAL]: Principal }>();
      if (principal.confirmation?.jkt !== undefined) this.tellNonce(context.switchToHttp().getResponse());
      assertAccess(rule, principal, undefined);
      this.tell('accepted', context, startedAt);
      return true;
    } catch (error) {
      if (!(error instanceof AuthError)) throw error;
      this.tell(error.code, context, startedAt);
      throw this.toHttpException(error, context.switchToHttp());
    }
  }

  private tell(reason: DecisionReason, context: ExecutionContext, startedAt: number): void {
    const { [PREPARED_TOKEN]: token } = context.switchToHttp().getRequest<TokenRequest>();
    this.onDecision?.({
      reason,
      source: token?.source ?? 'none',
      durationMs: performance.now() - startedAt,
    });
  }

  /** Passport's verdict: an error of ours as it is; nothing else ever becomes a 401. */
  override handleRequest<Verified>(error: unknown, principal: Verified | false, info: unknown): Verified {
    if (error) throw error;
    if (principal) return principal;
    if (info instanceof Error) throw info;
    throw new TypeError('Passport refused a request without a reason');
  }

  /** The answer says the status and the RFC 6750 error; the reason stays in `cause`, for the log. */
  private toHttpException(error: AuthError, http: HttpArgumentsHost): HttpException {
    const response = http.getResponse<HeaderSink>();
    const request = http.getRequest<SenderRequest>();
    if (schemeOf(request.headers.authorization) === 'DPoP') this.tellNonce(response);
    const values = this.challengesTo(error, request);
    if (error.status === 503) response.header('retry-after', String(OUTAGE_RETRY_SECONDS));
    else if (values.length > 0) response.header('www-authenticate', [...values]);
    return new HttpException(TITLES[error.status], error.status, { cause: error });
  }

  /** Other credentials do not help who has not the role; where there are metadata, every 401 and 403 tells of them. */
  private challengesTo(error: AuthError, request: SenderRequest): readonly string[] {
    const { realm, dpopAlgorithms, metadata } = this.challenge;
    if (error.status === 403 && error.oauthError === undefined && metadata === null) return [];
    const resourceMetadata = metadata?.addressFor(requestPath(request));
    const used = schemeOf(request.headers.authorization);
    return challenges(error, used, { realm, dpopAlgorithms, resourceMetadata });
  }

  /** RFC 9449 §8.2, §9: with every answer to a proof, so that the next one has it. */
  private tellNonce(response: HeaderSink): void {
    const { nonces } = this.senders;
    if (nonces !== null) response.header('dpop-nonce', nonces.current());
  }
}

const TITLES = {
  400: 'The credentials of the request are malformed.',
  401: 'A valid access token is required.',
  403: 'The caller may not do this.',
  503: 'Access tokens cannot be verified at the moment.',
} as const;
