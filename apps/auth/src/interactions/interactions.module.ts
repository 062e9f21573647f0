import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/accounts.module.js';
import { InteractionController } from './interaction.controller.js';
import { InteractionService } from './interaction.service.js';

@Module({
  imports: [AccountsModule],
  controllers: [InteractionController],
  providers: [InteractionService],
  exports: [InteractionService],
})
export class InteractionsModule {}
