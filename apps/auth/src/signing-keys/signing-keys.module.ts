import { Module, type DynamicModule } from '@nestjs/common';
import type { AuthConfig } from '../app.config.js';
import { KeyEncryption } from './key-encryption.js';
import { loadKeyEncryption } from './load-key-encryption.js';
import { PrivateKeys } from './private-keys.js';
import { RewrappingService } from './rewrapping.service.js';
import { SealedKeys } from './sealed-keys.js';
import { SigningKeysRepository } from './signing-keys.repository.js';
import { SigningKeysService } from './signing-keys.service.js';

@Module({})
export class SigningKeysModule {
  static forRoot(config: AuthConfig): DynamicModule {
    return {
      module: SigningKeysModule,
      global: true, // one key ring for the whole process
      providers: [
        { provide: KeyEncryption, useFactory: () => loadKeyEncryption(config) },
        {
          provide: PrivateKeys,
          inject: [KeyEncryption],
          useFactory: (keyEncryption: KeyEncryption) =>
            new PrivateKeys(new SealedKeys(keyEncryption), undefined, 'database'),
        },
        SigningKeysRepository,
        SigningKeysService,
        RewrappingService,
      ],
      exports: [KeyEncryption, PrivateKeys, SigningKeysService],
    };
  }
}
