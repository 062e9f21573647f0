import { SetMetadata, type CustomDecorator } from '@nestjs/common';

export const ACCESS_RULE = 'countersign:access-rule';

/** Who may call a handler. Every list given has to be satisfied. */
export interface RestrictedAccess {
  /** The client needs all of these scopes. */
  readonly scopes: readonly string[];
  /** The subject needs one of these roles. Left out: any subject, also a client of its own. */
  readonly roles?: readonly string[];
  /** The calling workload has to be one of these; message handlers only, and there it is required. */
  readonly from?: readonly string[];
}

/** A handler that answers anyone, with the reason written down. HTTP routes only. */
export interface PublicAccess {
  readonly publicBecause: string;
}

export type AccessRule = RestrictedAccess | PublicAccess;

/**
 * Declares who may call a handler. A handler without a declaration is refused, and stops the process at start:
 * forgetting is loud (OWASP API5:2023, broken function level authorization).
 *
 * @example
 * `@Access({ scopes: ['orders:write'], roles: ['customer'] })` on an HTTP route
 * @example
 * `@Access({ scopes: ['orders:write'], roles: ['customer'], from: ['gateway'] })` on a message pattern
 * @example
 * `@Access({ scopes: [] })`: anyone with a valid token
 * @throws TypeError for an empty list of roles or workloads, and for a public handler without a reason
 */
export function Access(rule: AccessRule): CustomDecorator {
  if (isPublic(rule)) {
    if (rule.publicBecause.trim() === '') throw new TypeError('@Access: publicBecause needs a reason');
  } else if (rule.roles?.length === 0 || rule.from?.length === 0) {
    throw new TypeError('@Access: an empty list admits nobody; leave it out, or name who is admitted');
  }
  return SetMetadata(ACCESS_RULE, rule);
}

export function isPublic(rule: AccessRule): rule is PublicAccess {
  return 'publicBecause' in rule;
}
