import { errors } from 'oidc-provider';
import { z } from 'zod';

const ACCESS_TOKEN_TYPE = 'urn:ietf:params:oauth:token-type:access_token';

const parameters = z.object({
  subject_token: z.string().min(1),
  subject_token_type: z.string().min(1),
  requested_token_type: z.string().optional(),
  resource: z.union([z.string(), z.array(z.string())]).optional(),
  audience: z.unknown().optional(),
  scope: z.string().optional(),
  actor_token: z.string().optional(),
  actor_token_type: z.string().optional(),
});

/** Names of the parameters of a token exchange request (RFC 8693 §2.1). */
export const PARAMETERS = Object.keys(parameters.shape);

export interface TokenExchangeRequest {
  readonly subjectToken: string;
  readonly resource: string | undefined;
  readonly scopes: ReadonlySet<string> | undefined;
}

/**
 * Parses a token exchange request. What is not supported is refused rather than passed over: a client that named an
 * audience, a type or an actor would take the token for something that it is not.
 *
 * @throws errors.InvalidRequest, errors.InvalidTarget
 */
export function parseTokenExchangeRequest(params: unknown): TokenExchangeRequest {
  const parsed = parameters.safeParse(params);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new errors.InvalidRequest(`missing or malformed parameter ${issue?.path.join('.')}`);
  }
  const request = parsed.data;
  if (request.subject_token_type !== ACCESS_TOKEN_TYPE) {
    throw new errors.InvalidRequest('subject_token_type must be that of an access token');
  }
  if (request.requested_token_type !== undefined && request.requested_token_type !== ACCESS_TOKEN_TYPE) {
    throw new errors.InvalidRequest('requested_token_type must be that of an access token');
  }
  if (request.actor_token !== undefined || request.actor_token_type !== undefined) {
    throw new errors.InvalidRequest('actor_token is not supported: the actor is the authenticated client');
  }
  if (request.audience !== undefined) {
    throw new errors.InvalidTarget('audience is not supported: name the resource server with resource');
  }
  // RFC 8707 §2: a token is for one.
  if (Array.isArray(request.resource)) throw new errors.InvalidTarget();
  return {
    subjectToken: request.subject_token,
    resource: request.resource,
    scopes: request.scope === undefined ? undefined : new Set(request.scope.split(' ')),
  };
}

/** RFC 8693 §2.2.1: a JWT access token is of the type access_token, as that is what it is good for. */
export const ISSUED_TOKEN_TYPE = ACCESS_TOKEN_TYPE;
