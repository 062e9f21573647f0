import { Module, type DynamicModule } from '@nestjs/common';
import { Database } from '@countersign/platform/database';
import { AccountsModule } from '../accounts/accounts.module.js';
import type { AuthConfig } from '../app.config.js';
import { KeyEncryption } from '../signing-keys/key-encryption.js';
import { ExpiredCountersService } from './expired-counters.service.js';
import { LoginThrottle } from './login-throttle.js';
import { LoginService } from './login.service.js';

@Module({})
export class LoginModule {
  static forRoot({ ISSUER }: AuthConfig): DynamicModule {
    return {
      module: LoginModule,
      global: true, // one throttle for every way in
      imports: [AccountsModule],
      providers: [
        ExpiredCountersService,
        LoginService,
        {
          provide: LoginThrottle,
          inject: [Database, KeyEncryption],
          useFactory: async ({ orm }: Database, keyEncryption: KeyEncryption) => {
            // With a new key-encryption key counters and known devices begin anew.
            const [secret] = await keyEncryption.deriveSecrets('login-throttle');
            return new LoginThrottle({
              orm,
              secret,
              isSecure: new URL(ISSUER).protocol === 'https:',
            });
          },
        },
      ],
      exports: [LoginService],
    };
  }
}
