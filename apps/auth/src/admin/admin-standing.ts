import { AuthError, type Principal } from '@countersign/auth';
import { HttpException, Injectable } from '@nestjs/common';
import { AccountsRepository } from '../accounts/accounts.repository.js';
import { ClientsRepository } from '../clients/clients.repository.js';

/**
 * Whether an administrator is one at this moment. An access token says what was so when it was issued; here, where the
 * accounts and clients are at hand, nobody goes on for 5 minutes with what he has just lost.
 */
@Injectable()
export class AdminStanding {
  constructor(
    private readonly accounts: AccountsRepository,
    private readonly clients: ClientsRepository,
  ) {}

  /** @throws HttpException 403 when the account or client is disabled, or has lost the role or a scope */
  async assertHolds({ subject, clientId, scopes }: Principal): Promise<void> {
    const client = await this.clients.find(clientId);
    const registered = client?.scope?.split(' ') ?? [];
    const roles: unknown =
      subject === clientId ? client?.['roles'] : (await this.accounts.findEnabled(subject))?.roles;
    if (!scopes.every((scope) => registered.includes(scope)))
      throw forbidden(new AuthError('scope_insufficient', 'the client no longer has a scope of the token'));
    if (!Array.isArray(roles) || !roles.includes('admin'))
      throw forbidden(new AuthError('role_insufficient', 'the subject no longer has the role of the token'));
  }
}

function forbidden(cause: AuthError): HttpException {
  return new HttpException('The caller may not do this.', cause.status, { cause });
}
