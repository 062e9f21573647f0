import { Injectable } from '@nestjs/common';
import { importJWK, SignJWT } from 'jose';
import { SigningKeysService } from '../signing-keys/signing-keys.service.js';
import type { SecurityEventClaims } from './security-event-token.js';

const ALG = 'ES256';

/** Signs Security Event Tokens with the ring's key. The type keeps one from passing for any other token (RFC 8417 §2.3). */
@Injectable()
export class EventTokenSigner {
  constructor(private readonly signingKeys: SigningKeysService) {}

  async sign(claims: SecurityEventClaims): Promise<string> {
    const key = (await this.signingKeys.loadOrCreate()).signingKey(ALG);
    if (key === undefined) throw new Error(`no key signs with ${ALG}`);
    return new SignJWT({ ...claims })
      .setProtectedHeader({ alg: ALG, typ: 'secevent+jwt', kid: key.kid })
      .sign(await importJWK(key.privateJwk, ALG));
  }
}
