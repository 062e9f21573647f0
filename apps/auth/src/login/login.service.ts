import { Injectable, Logger } from '@nestjs/common';
import type { Account, VerifiedAccount } from '../accounts/account.js';
import { AccountsService } from '../accounts/accounts.service.js';
import { LoginThrottle, ThrottledError, type LoginAttempt } from './login-throttle.js';

export interface PasswordLogin extends LoginAttempt {
  readonly password: string;
}

/** The one way in by a password: throttled, and on record. */
@Injectable()
export class LoginService {
  private readonly logger = new Logger(LoginService.name);

  constructor(
    private readonly accounts: AccountsService,
    private readonly throttle: LoginThrottle,
  ) {}

  /**
   * The account that has this address and password; undefined, whatever the reason, when there is none.
   *
   * @throws ThrottledError when there were too many failures.
   * @throws QueueFullError when too many logins wait.
   */
  async authenticate(login: PasswordLogin): Promise<VerifiedAccount | undefined> {
    const { email, password, address } = login;
    this.accounts.assertCanAuthenticate();
    try {
      const account = await this.throttle.attempt(login, () => this.accounts.authenticate(email, password));
      // No e-mail address in the log: people type passwords into that field (OWASP ASVS 16.2.5, 16.3.1).
      if (account === undefined) this.logger.warn({ msg: 'login refused', address });
      else this.logger.log({ msg: 'login', accountId: account.id, address });
      return account;
    } catch (error) {
      if (error instanceof ThrottledError) this.logger.warn({ msg: 'login throttled', address });
      throw error;
    }
  }

  /** `Set-Cookie` by which this device is known for the account from now on. */
  knownDeviceCookie({ email }: Account): string {
    return this.throttle.knownDeviceCookie(email);
  }
}
