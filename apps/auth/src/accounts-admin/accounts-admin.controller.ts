import { CurrentPrincipal, type Principal } from '@countersign/auth';
import { Body, Get, HttpCode, Param, Post, Put, Query } from '@nestjs/common';
import { z } from 'zod';
import { normalizeEmail, ROLES } from '../accounts/account.js';
import { AccountsService } from '../accounts/accounts.service.js';
import { AdminController } from '../admin/admin-controller.js';
import { adminRefusal } from '../admin/admin-errors.js';
import { emptyBody } from '../admin/empty-body.js';
import { assertNotAbove, assertNotSelf } from './account-policy.js';
import { AccountDirectory, type AccountPage, type AccountView } from './account-directory.js';

const pageRequest = z.strictObject({
  /** Part of the address. */
  email: z
    .string()
    .max(254)
    .regex(/^\P{C}*$/u, 'has characters that no address has')
    .default('')
    .transform(normalizeEmail),
  limit: z.coerce.number().int().min(1).max(100).default(50),
  /** `next_cursor` of the page before. */
  cursor: z.uuid().optional(),
});
const accountId = z.uuid({ error: 'is not the id of an account' });
const rolesRequest = z.strictObject({
  roles: z.array(z.enum(ROLES)).refine((roles) => new Set(roles).size === roles.length, 'has a role twice'),
});

/** The accounts, for administrators alone. Nothing here reads or sets a password. */
@AdminController('accounts', 'accounts:admin')
export class AccountsAdminController {
  constructor(
    private readonly directory: AccountDirectory,
    private readonly accounts: AccountsService,
  ) {}

  @Get()
  list(
    @Query({ schema: pageRequest }) { email, limit, cursor }: z.output<typeof pageRequest>,
  ): Promise<AccountPage> {
    return this.directory.page(email, cursor, limit);
  }

  @Get(':account_id')
  async show(@Param('account_id', { schema: accountId }) id: string): Promise<AccountView> {
    return found(await this.directory.find(id));
  }

  /** The account's sessions, grants and refresh tokens end, and it cannot log in. */
  @Post(':account_id/disable')
  @HttpCode(200)
  async disable(
    @Param('account_id', { schema: accountId }) id: string,
    @Body({ schema: emptyBody }) _body: unknown,
    @CurrentPrincipal() caller: Principal,
  ): Promise<AccountView> {
    assertNotSelf(id, caller);
    await this.withinReach(id, caller);
    await this.accounts.disable(id);
    return this.show(id);
  }

  @Post(':account_id/enable')
  @HttpCode(200)
  async enable(
    @Param('account_id', { schema: accountId }) id: string,
    @Body({ schema: emptyBody }) _body: unknown,
    @CurrentPrincipal() caller: Principal,
  ): Promise<AccountView> {
    await this.withinReach(id, caller);
    await this.accounts.enable(id);
    return this.show(id);
  }

  /** Sets the roles of the account's next access tokens; those that are out have the old ones until they expire. */
  @Put(':account_id/roles')
  async setRoles(
    @Param('account_id', { schema: accountId }) id: string,
    @Body({ schema: rolesRequest }) { roles }: z.output<typeof rolesRequest>,
    @CurrentPrincipal() caller: Principal,
  ): Promise<AccountView> {
    assertNotSelf(id, caller);
    await this.withinReach(id, caller);
    assertNotAbove(roles, caller);
    return found(await this.directory.setRoles(id, roles));
  }

  @Post(':account_id/sign-out')
  @HttpCode(200)
  async signOut(
    @Param('account_id', { schema: accountId }) id: string,
    @Body({ schema: emptyBody }) _body: unknown,
    @CurrentPrincipal() caller: Principal,
  ): Promise<AccountView> {
    const account = await this.withinReach(id, caller);
    await this.accounts.signOutEverywhere(id);
    return account;
  }

  /** @throws ServiceError `account_not_found`, `account_above_caller` */
  private async withinReach(id: string, caller: Principal): Promise<AccountView> {
    const account = await this.show(id);
    assertNotAbove(account.roles, caller);
    return account;
  }
}

function found(account: AccountView | undefined): AccountView {
  if (account === undefined) throw adminRefusal('account_not_found', 'There is no account with this id.');
  return account;
}
