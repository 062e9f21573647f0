import { IssuerKeys } from '@countersign/auth/passport';
import { Readiness } from '@countersign/platform';
import { Injectable } from '@nestjs/common';

/** Without the issuer's keys every request would be answered 503: traffic had better go elsewhere. */
@Injectable()
export class IssuerReadiness {
  constructor(keys: IssuerKeys, readiness: Readiness) {
    readiness.register('issuer-keys', () => keys.assertUsable());
  }
}
