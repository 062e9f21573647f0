import { Module, type DynamicModule } from '@nestjs/common';
import { Database } from '@countersign/platform/database';
import { AccountsModule } from '../accounts/accounts.module.js';
import type { AuthConfig } from '../app.config.js';
import { KeyEncryptionKey } from '../signing-keys/key-encryption-key.js';
import { LoginThrottle } from './login-throttle.js';
import { LoginService } from './login.service.js';

@Module({})
export class LoginModule {
  static forRoot({ ISSUER }: AuthConfig): DynamicModule {
    return {
      module: LoginModule,
      imports: [AccountsModule],
      providers: [
        LoginService,
        {
          provide: LoginThrottle,
          inject: [Database, KeyEncryptionKey],
          useFactory: ({ orm }: Database, keyEncryptionKey: KeyEncryptionKey) =>
            new LoginThrottle({
              orm,
              secret: keyEncryptionKey.deriveSecret('login-throttle'),
              isSecure: new URL(ISSUER).protocol === 'https:',
            }),
        },
      ],
      exports: [LoginService],
    };
  }
}
