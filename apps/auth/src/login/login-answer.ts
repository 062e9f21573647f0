import { HttpStatus } from '@nestjs/common';
import type { VerifiedAccount } from '../accounts/account.js';
import { durationInWords } from '../pages/duration.js';
import { ThrottledError } from './login-throttle.js';
import type { LoginService, PasswordLogin } from './login.service.js';

/** What a login form is answered with when it let nobody in. */
export interface LoginRefusal {
  readonly account: undefined;
  readonly status: HttpStatus;
  readonly problem: string;
  readonly retryAfterSeconds?: number;
}

/**
 * Tries a login, and says why it failed in words that tell nothing about the account. The answer to wrong credentials is
 * 403, as of RFC 9110 §15.5.4; 401 would call for a challenge (§15.5.2).
 *
 * @throws QueueFullError when too many logins wait.
 */
export async function tryLogin(
  service: LoginService,
  login: PasswordLogin,
): Promise<LoginRefusal | { readonly account: VerifiedAccount }> {
  try {
    const account = await service.authenticate(login);
    if (account !== undefined) return { account };
    const problem = 'The e-mail address or the password is wrong.';
    return { account: undefined, status: HttpStatus.FORBIDDEN, problem };
  } catch (error) {
    if (error instanceof ThrottledError) return { account: undefined, ...throttled(error) };
    throw error;
  }
}

export function throttled({ retryAfterSeconds }: ThrottledError): Omit<LoginRefusal, 'account'> & {
  readonly retryAfterSeconds: number;
} {
  return {
    status: HttpStatus.TOO_MANY_REQUESTS,
    problem: `Too many attempts. Wait ${durationInWords(retryAfterSeconds)} and try again.`,
    retryAfterSeconds,
  };
}
