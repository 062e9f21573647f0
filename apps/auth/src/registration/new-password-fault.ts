import { passwordFault } from '../accounts/password-rules.js';

/** Why a new password is refused, in words for the person. */
export async function newPasswordFault(
  { password, again }: { readonly password: string; readonly again: string },
  owner: { readonly email: string; readonly name: string },
): Promise<string | undefined> {
  if (password !== again) return 'The two passwords are not the same.';
  return passwordFault(password, owner);
}
