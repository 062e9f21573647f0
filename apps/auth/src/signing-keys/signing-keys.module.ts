import { Module, type DynamicModule } from '@nestjs/common';
import { Readiness } from '@countersign/platform';
import type { AuthConfig } from '../app.config.js';
import { KeyEncryption } from './key-encryption.js';
import { loadKeyEncryption } from './load-key-encryption.js';
import { openToken } from './pkcs11/open-token.js';
import { Pkcs11Keys } from './pkcs11/pkcs11-keys.js';
import { Pkcs11Token } from './pkcs11/pkcs11-token.js';
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
        { provide: Pkcs11Token, useFactory: () => openToken(config) },
        {
          provide: PrivateKeys,
          inject: [KeyEncryption, Pkcs11Token, Readiness],
          useFactory: (
            keyEncryption: KeyEncryption,
            token: Pkcs11Token | undefined,
            readiness: Readiness,
          ) => {
            const hsm = token && new Pkcs11Keys(token);
            if (hsm !== undefined) readiness.register('pkcs11-token', () => hsm.assertSigns());
            return new PrivateKeys(new SealedKeys(keyEncryption), hsm, config.SIGNING_KEYS_IN);
          },
        },
        SigningKeysRepository,
        SigningKeysService,
        RewrappingService,
      ],
      exports: [KeyEncryption, PrivateKeys, SigningKeysService],
    };
  }
}
