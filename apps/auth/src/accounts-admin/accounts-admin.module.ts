import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/accounts.module.js';
import { AccountDirectory } from './account-directory.js';
import { AccountEntryService } from './account-entry.service.js';
import { AccountsAdminController } from './accounts-admin.controller.js';

@Module({
  imports: [AccountsModule],
  controllers: [AccountsAdminController],
  providers: [AccountDirectory, AccountEntryService],
})
export class AccountsAdminModule {}
