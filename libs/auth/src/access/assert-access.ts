import { AuthError } from '../auth-error.js';
import type { Principal } from '../principal.js';
import type { RestrictedAccess } from './access.js';

/**
 * Holds a verified caller against a handler's declaration.
 *
 * @throws AuthError `workload_refused`, `scope_insufficient` or `role_insufficient`
 */
export function assertAccess(
  rule: RestrictedAccess,
  principal: Principal,
  workload: string | undefined,
): void {
  if (rule.from !== undefined && (workload === undefined || !rule.from.includes(workload))) {
    throw new AuthError('workload_refused', 'the calling workload may not call this handler');
  }
  if (!rule.scopes.every((scope) => principal.scopes.includes(scope))) {
    throw new AuthError('scope_insufficient', 'the client lacks a scope', { requiredScopes: rule.scopes });
  }
  if (rule.roles !== undefined && !rule.roles.some((role) => principal.roles.includes(role))) {
    throw new AuthError('role_insufficient', 'the subject has none of the roles');
  }
}
