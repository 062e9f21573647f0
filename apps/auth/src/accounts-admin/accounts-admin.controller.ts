import { CurrentPrincipal, type Principal } from '@countersign/auth';
import { Body, Get, HttpCode, Param, Post, Put, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { normalizeEmail, ROLES, type Account } from '../accounts/account.js';
import { AccountsService } from '../accounts/accounts.service.js';
import { emailAddress, personName } from '../accounts/person.js';
import { AdminController } from '../admin/admin-controller.js';
import { emptyBody } from '../admin/empty-body.js';
import { assertNotAbove, assertNotSelf } from './account-policy.js';
import { AccountDirectory, found, type AccountPage, type AccountView } from './account-directory.js';
import { AccountEntryService, type AccountViewWithLink } from './account-entry.service.js';

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
const roleList = z
  .array(z.enum(ROLES))
  .refine((names) => new Set(names).size === names.length, 'has a role twice');
const rolesRequest = z.strictObject({ roles: roleList });
const newAccount = z.strictObject({
  email: emailAddress.transform(normalizeEmail),
  name: personName,
  roles: roleList,
});

/** The accounts, for administrators alone. Nothing here reads or sets a password: its owner does, by a link. */
@AdminController('accounts', 'accounts:admin')
export class AccountsAdminController {
  constructor(
    private readonly directory: AccountDirectory,
    private readonly accounts: AccountsService,
    private readonly entry: AccountEntryService,
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

  /** The answer has the link by which the person chooses a password; nobody can log in before. */
  @Post()
  async create(
    @Body({ schema: newAccount }) person: z.output<typeof newAccount>,
    @CurrentPrincipal() caller: Principal,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<AccountViewWithLink> {
    const account = await this.entry.create(person, caller);
    reply.header('location', `/admin/accounts/${account.id}`);
    return account;
  }

  /** A link to another password. Until it is used, the present one is good, and nothing ends. */
  @Post(':account_id/password-reset')
  @HttpCode(200)
  resetPassword(
    @Param('account_id', { schema: accountId }) id: string,
    @Body({ schema: emptyBody }) _body: unknown,
    @CurrentPrincipal() caller: Principal,
  ): Promise<AccountViewWithLink> {
    assertNotSelf(id, caller);
    return this.entry.resetPassword(id, caller);
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
    await this.accounts.disable(id, within(caller));
    return this.show(id);
  }

  @Post(':account_id/enable')
  @HttpCode(200)
  async enable(
    @Param('account_id', { schema: accountId }) id: string,
    @Body({ schema: emptyBody }) _body: unknown,
    @CurrentPrincipal() caller: Principal,
  ): Promise<AccountView> {
    await this.accounts.enable(id, within(caller));
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
    return found(await this.directory.setRoles(id, roles, caller));
  }

  @Post(':account_id/sign-out')
  @HttpCode(200)
  async signOut(
    @Param('account_id', { schema: accountId }) id: string,
    @Body({ schema: emptyBody }) _body: unknown,
    @CurrentPrincipal() caller: Principal,
  ): Promise<AccountView> {
    await this.accounts.signOutEverywhere(id, within(caller));
    return this.show(id);
  }
}

/** @throws ServiceError `account_above_caller` */
function within(caller: Principal): (account: Account) => void {
  return ({ roles }) => assertNotAbove(roles, caller);
}
