import type { Principal } from '@countersign/auth';
import type { Role } from '../accounts/account.js';
import { adminRefusal } from '../admin/admin-errors.js';
import { missingAdminScopes } from '../admin/admin-scopes.js';

/**
 * One slip, and nobody could undo it; and who has an administrator's token for 5 minutes gets no password of his with it.
 *
 * @throws ServiceError `account_own`
 */
export function assertNotSelf(id: string, { subject }: Principal): void {
  if (id.toLowerCase() === subject)
    throw adminRefusal(
      'account_own',
      'Nobody disables himself, changes roles of his own or gets a password link here: ask another administrator.',
    );
}

/**
 * An administrator makes, and touches, no other who may do more than he: who may administer accounts alone would
 * otherwise give the role admin to an account of his own, and revoke keys with that.
 *
 * @param roles those that the account has or would get
 * @throws ServiceError `account_above_caller`
 */
export function assertNotAbove(roles: readonly Role[], caller: Principal): void {
  if (!roles.includes('admin')) return;
  const missing = missingAdminScopes(caller);
  if (missing.length > 0)
    throw adminRefusal(
      'account_above_caller',
      `It is, or would be, an administrator, who may have ${missing.join(' ')}; the caller has not.`,
    );
}
