import { Module, type DynamicModule } from '@nestjs/common';
import type { AuthConfig } from '../app.config.js';
import { KeyEncryptionKey } from './key-encryption-key.js';
import { loadKeyEncryptionKey } from './load-key-encryption-key.js';
import { SigningKeysRepository } from './signing-keys.repository.js';
import { SigningKeysService } from './signing-keys.service.js';

@Module({})
export class SigningKeysModule {
  static forRoot(config: AuthConfig): DynamicModule {
    return {
      module: SigningKeysModule,
      global: true, // one key ring for the whole process
      providers: [
        { provide: KeyEncryptionKey, useFactory: () => loadKeyEncryptionKey(config) },
        SigningKeysRepository,
        SigningKeysService,
      ],
      exports: [KeyEncryptionKey, SigningKeysService],
    };
  }
}
