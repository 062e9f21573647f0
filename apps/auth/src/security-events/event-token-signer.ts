import { Injectable } from '@nestjs/common';
import { CompactSign, importJWK } from 'jose';
import { ExternalSigningKey } from 'oidc-provider';
import { SigningKeysService } from '../signing-keys/signing-keys.service.js';
import { SigningUnavailableError } from '../signing-keys/signing-unavailable-error.js';
import type { SecurityEventClaims } from './security-event-token.js';

const ALG = 'ES256';

/** Signs Security Event Tokens with the ring's key. The type keeps one from passing for any other token (RFC 8417 §2.3). */
@Injectable()
export class EventTokenSigner {
  constructor(private readonly signingKeys: SigningKeysService) {}

  /** @throws SigningUnavailableError while no key signs, as between a revocation and its successor. */
  async sign(claims: SecurityEventClaims): Promise<string> {
    const key = this.signingKeys.current.signingKey(ALG);
    if (key === undefined) throw new SigningUnavailableError(`no key signs with ${ALG}`);
    const { kid, privateKey } = key;
    const header = { alg: ALG, typ: 'secevent+jwt', kid };
    if (privateKey instanceof ExternalSigningKey) {
      const signingInput = [header, claims].map(encode).join('.');
      const signature = await privateKey.sign(Buffer.from(signingInput));
      return `${signingInput}.${Buffer.from(signature).toString('base64url')}`;
    }
    return new CompactSign(Buffer.from(JSON.stringify(claims)))
      .setProtectedHeader(header)
      .sign(await importJWK(privateKey, ALG));
  }
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}
