import { IssuerEvents, IssuerKeys } from '@countersign/auth/passport';
import { Readiness } from '@countersign/platform';
import { Injectable } from '@nestjs/common';

/**
 * Without the issuer's keys, or before it is known what they signed that has been revoked since, every request would
 * be answered 503: traffic had better go elsewhere.
 */
@Injectable()
export class IssuerReadiness {
  constructor(keys: IssuerKeys, events: IssuerEvents, readiness: Readiness) {
    readiness.register('issuer-keys', () => keys.assertUsable());
    readiness.register('issuer-events', () => events.assertKnown());
  }
}
