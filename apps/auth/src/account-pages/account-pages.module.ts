import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/accounts.module.js';
import { InteractionsModule } from '../interactions/interactions.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { AccountLoginController } from './account-login.controller.js';
import { AccountController } from './account.controller.js';
import { BrowserSessions } from './browser-sessions.js';
import { PasswordController } from './password.controller.js';

@Module({
  imports: [AccountsModule, InteractionsModule, SessionsModule],
  controllers: [AccountController, AccountLoginController, PasswordController],
  providers: [BrowserSessions],
})
export class AccountPagesModule {}
