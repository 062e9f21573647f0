import { TransactionTokenIssuer } from '@countersign/auth';
import { Module, type DynamicModule } from '@nestjs/common';
import { JwksController } from './jwks.controller.js';

@Module({})
export class TransactionTokensModule {
  static forRoot(issuer: TransactionTokenIssuer): DynamicModule {
    return {
      module: TransactionTokensModule,
      controllers: [JwksController],
      providers: [{ provide: TransactionTokenIssuer, useValue: issuer }],
    };
  }
}
