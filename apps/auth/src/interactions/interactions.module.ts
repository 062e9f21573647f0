import { Module, type DynamicModule } from '@nestjs/common';
import { AccountsModule } from '../accounts/accounts.module.js';
import type { AuthConfig } from '../app.config.js';
import { LoginModule } from '../login/login.module.js';
import { InteractionController } from './interaction.controller.js';
import { InteractionService } from './interaction.service.js';

@Module({})
export class InteractionsModule {
  static forRoot(config: AuthConfig): DynamicModule {
    return {
      module: InteractionsModule,
      imports: [AccountsModule, LoginModule.forRoot(config)],
      controllers: [InteractionController],
      providers: [InteractionService],
    };
  }
}
