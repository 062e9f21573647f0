import { Module, type DynamicModule } from '@nestjs/common';
import { Readiness } from '@countersign/platform';
import type { AuthConfig } from '../app.config.js';
import { LONGEST_SIGNED_TOKEN_SECONDS } from '../oidc/lifetimes.js';
import { SecurityEventsModule } from '../security-events/security-events.module.js';
import { JwksMaxAgesRepository } from './jwks-max-ages.repository.js';
import { ExpiredHintKeysService } from './expired-hint-keys.service.js';
import { KeyEncryption } from './key-encryption.js';
import { KeyRotationService } from './key-rotation.service.js';
import { KeysController } from './keys.controller.js';
import { loadKeyEncryption } from './load-key-encryption.js';
import { openToken } from './pkcs11/open-token.js';
import { Pkcs11Keys } from './pkcs11/pkcs11-keys.js';
import { Pkcs11Token } from './pkcs11/pkcs11-token.js';
import { LooseKeysDeletionService } from './loose-keys-deletion.service.js';
import { LoosePrivateKeysRepository } from './loose-private-keys.repository.js';
import { PrivateKeys } from './private-keys.js';
import { RewrappingService } from './rewrapping.service.js';
import { rotationPolicy } from './rotation-settings.js';
import { SealedKeys } from './sealed-keys.js';
import { SigningKeysRepository } from './signing-keys.repository.js';
import { ROTATION_POLICY, SigningKeysService } from './signing-keys.service.js';

@Module({})
export class SigningKeysModule {
  static forRoot(config: AuthConfig): DynamicModule {
    return {
      module: SigningKeysModule,
      global: true, // one key ring for the whole process
      imports: [SecurityEventsModule],
      controllers: [KeysController],
      providers: [
        ExpiredHintKeysService,
        {
          provide: ROTATION_POLICY,
          useFactory: () => rotationPolicy(config, LONGEST_SIGNED_TOKEN_SECONDS),
        },
        { provide: KeyEncryption, useFactory: () => loadKeyEncryption(config) },
        { provide: Pkcs11Token, useFactory: () => openToken(config) },
        {
          provide: PrivateKeys,
          inject: [KeyEncryption, Pkcs11Token, LoosePrivateKeysRepository, Readiness],
          useFactory: (
            keyEncryption: KeyEncryption,
            token: Pkcs11Token | undefined,
            looseKeys: LoosePrivateKeysRepository,
            readiness: Readiness,
          ) => {
            const hsm = token && new Pkcs11Keys(token, looseKeys);
            if (hsm !== undefined) readiness.register('pkcs11-token', () => hsm.assertSigns());
            return new PrivateKeys(new SealedKeys(keyEncryption), hsm, config.SIGNING_KEYS_IN);
          },
        },
        JwksMaxAgesRepository,
        LoosePrivateKeysRepository,
        SigningKeysRepository,
        SigningKeysService,
        RewrappingService,
        KeyRotationService,
        LooseKeysDeletionService,
      ],
      exports: [KeyEncryption, PrivateKeys, SigningKeysService],
    };
  }
}
