import { Module, type DynamicModule } from '@nestjs/common';
import type { AuthConfig } from '../app.config.js';
import { FormOrigin } from './same-origin.guard.js';
import { StylesheetController } from './stylesheet.controller.js';

@Module({})
export class PagesModule {
  static forRoot({ ISSUER }: AuthConfig): DynamicModule {
    return {
      module: PagesModule,
      global: true, // every page has forms
      controllers: [StylesheetController],
      providers: [{ provide: FormOrigin, useFactory: () => new FormOrigin(ISSUER) }],
      exports: [FormOrigin],
    };
  }
}
