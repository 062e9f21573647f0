import { Injectable, Logger } from '@nestjs/common';
import { SIGNING_ALGORITHMS, type KeyRing, type SigningAlgorithm } from './key-ring.js';
import { PrivateKeys } from './private-keys.js';
import type { SigningKey } from './signing-key.js';
import { SigningKeysRepository } from './signing-keys.repository.js';

@Injectable()
export class SigningKeysService {
  private readonly logger = new Logger(SigningKeysService.name);

  constructor(
    private readonly repository: SigningKeysRepository,
    private readonly privateKeys: PrivateKeys,
  ) {}

  /** The key ring, with a key for every algorithm: the first start of the first replica makes them. */
  async loadOrCreate(): Promise<KeyRing<SigningKey>> {
    const stored = await this.repository.load();
    const missing = stored.missing(SIGNING_ALGORITHMS);
    if (missing.length === 0) return stored;

    // Made before the lock is taken: an RSA key can need seconds, and other replicas wait for the lock.
    const made = await Promise.all(missing.map((alg) => this.create(alg)));
    const dropped = await this.repository.addWhereMissing(made);
    await Promise.all(dropped.map((key) => this.privateKeys.destroy(key)));
    const ring = await this.repository.load();
    for (const alg of missing) this.logger.log(`signing key for ${alg}: ${ring.signingKey(alg)?.kid}`);
    return ring;
  }

  private async create(alg: SigningAlgorithm): Promise<SigningKey> {
    return { ...(await this.privateKeys.create(alg)), state: 'signing', createdAt: new Date() };
  }
}
