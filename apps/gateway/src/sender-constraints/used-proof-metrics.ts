import { MemoryUsedProofs, type UsedProofs } from '@countersign/auth/passport';
import { Metrics } from '@countersign/platform';
import { RedisConnection } from '@countersign/platform/redis';
import { Inject, Injectable } from '@nestjs/common';
import { USED_PROOFS } from './used-proofs.js';

/** Where it is known which DPoP proofs were used. While Redis is set and not up, every proof is answered 503. */
@Injectable()
export class UsedProofMetrics {
  constructor(
    metrics: Metrics,
    @Inject(USED_PROOFS) usedProofs: UsedProofs,
    @Inject(RedisConnection) redis: RedisConnection | null,
  ) {
    metrics.gauge(
      'countersign_redis_up',
      'Whether there is a connection to Redis: 1 or 0; none without REDIS_URL',
      () => (redis === null ? undefined : Number(redis.isReady)),
    );
    metrics.gauge(
      'countersign_used_proofs',
      'Used DPoP proofs that are remembered in this process; none with REDIS_URL',
      () => (usedProofs instanceof MemoryUsedProofs ? usedProofs.size : undefined),
    );
  }
}
