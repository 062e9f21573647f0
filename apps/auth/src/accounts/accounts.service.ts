import { Injectable } from '@nestjs/common';
import { normalizeEmail, type Account } from './account.js';
import { AccountsRepository } from './accounts.repository.js';
import { PasswordHasher } from './password-hasher.js';

@Injectable()
export class AccountsService {
  constructor(
    private readonly repository: AccountsRepository,
    private readonly passwordHasher: PasswordHasher,
  ) {}

  findEnabled(id: string): Promise<Account | undefined> {
    return this.repository.findEnabled(id);
  }

  /**
   * The account that has this address and password. Unknown address, wrong password and disabled account give the
   * same answer in the same time: a login form must not tell who has an account (OWASP ASVS 6.3.8).
   *
   * @throws QueueFullError when too many logins wait.
   */
  async authenticate(email: string, password: string): Promise<Account | undefined> {
    const credentials = await this.repository.findCredentials(normalizeEmail(email));
    const matches = await this.passwordHasher.verify(password, credentials?.passwordHash);
    return matches ? credentials?.account : undefined;
  }
}
