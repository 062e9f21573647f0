import { Module, type DynamicModule } from '@nestjs/common';
import { AccountsModule } from '../accounts/accounts.module.js';
import type { AuthConfig } from '../app.config.js';
import { StylesheetController } from '../pages/stylesheet.controller.js';
import { InteractionController } from './interaction.controller.js';
import { InteractionService } from './interaction.service.js';
import { FormOrigin } from './same-origin.guard.js';

@Module({})
export class InteractionsModule {
  static forRoot({ ISSUER }: AuthConfig): DynamicModule {
    return {
      module: InteractionsModule,
      imports: [AccountsModule],
      controllers: [InteractionController, StylesheetController],
      providers: [InteractionService, { provide: FormOrigin, useFactory: () => new FormOrigin(ISSUER) }],
    };
  }
}
