import type { PublishedKeys } from '@countersign/auth/passport';
import { Injectable, Logger } from '@nestjs/common';
import type { JWK } from 'jose';
import { KeyRing, SIGNING_ALGORITHMS, type SigningAlgorithm } from './key-ring.js';
import { PrivateKeys } from './private-keys.js';
import type { SigningKey } from './signing-key.js';
import { SigningKeysRepository } from './signing-keys.repository.js';

@Injectable()
export class SigningKeysService implements PublishedKeys {
  private readonly logger = new Logger(SigningKeysService.name);
  private ring: KeyRing<SigningKey> = KeyRing.of([]);

  constructor(
    private readonly repository: SigningKeysRepository,
    private readonly privateKeys: PrivateKeys,
  ) {}

  /** The keys that are good for something. */
  get current(): KeyRing<SigningKey> {
    return this.ring;
  }

  publishedKeys(): readonly JWK[] {
    return this.ring.published().map(({ publicJwk }) => publicJwk);
  }

  /** The key ring, with a key for every algorithm: the first start of the first replica makes them. */
  async loadOrCreate(): Promise<KeyRing<SigningKey>> {
    this.ring = await this.loadWithEveryAlgorithm();
    return this.ring;
  }

  private async loadWithEveryAlgorithm(): Promise<KeyRing<SigningKey>> {
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
