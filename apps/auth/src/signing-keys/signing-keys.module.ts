import { Module, type DynamicModule } from '@nestjs/common';
import type { AuthConfig } from '../app.config.js';
import { LONGEST_SIGNED_TOKEN_SECONDS } from '../oidc/lifetimes.js';
import { SecurityEventsModule } from '../security-events/security-events.module.js';
import { KeyEncryption } from './key-encryption.js';
import { KeyRotationService } from './key-rotation.service.js';
import { KeysController } from './keys.controller.js';
import { loadKeyEncryption } from './load-key-encryption.js';
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
        {
          provide: ROTATION_POLICY,
          useFactory: () => rotationPolicy(config, LONGEST_SIGNED_TOKEN_SECONDS),
        },
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
        KeyRotationService,
      ],
      exports: [KeyEncryption, PrivateKeys, SigningKeysService],
    };
  }
}
