import type { PublishedKeys } from '@countersign/auth/passport';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { withoutQuery } from '@countersign/platform/database';
import type { JWK } from 'jose';
import { JwksMaxAgesRepository } from './jwks-max-ages.repository.js';
import {
  costOfSigning,
  decide,
  type Decision,
  type KeyCommand,
  type KeyRingChange,
  type Situation,
} from './key-commands.js';
import type { IdTokenHintKey } from './id-token-hint-keys.js';
import { KeyRingError } from './key-ring-error.js';
import { KeyRing, type RingKey, type SigningAlgorithm } from './key-ring.js';
import { LoosePrivateKeysRepository } from './loose-private-keys.repository.js';
import { PrivateKeys } from './private-keys.js';
import type { NewKey, StoredPrivateKey } from './private-key-store.js';
import { withCachedMaxAge, type RotationPolicy } from './rotation-policy.js';
import type { SigningKey } from './signing-key.js';
import { SigningUnavailableError } from './signing-unavailable-error.js';
import { SigningKeysRepository, type LoadedRing } from './signing-keys.repository.js';

export const ROTATION_POLICY = Symbol('rotation policy');

/** What came of a choice, and whether this replica has the ring as it then was. */
type MadeDecision = Extract<Decision, KeyRingChange> & Pick<MadeChange, 'isTakenOver'>;
const NOTHING: MadeDecision = { changes: [], cost: null, isTakenOver: true };

/** A change that is in the database. */
export interface MadeChange extends KeyRingChange {
  /** Whether this replica has the ring as it now is: it may not open a key of it, or have lost the database. */
  readonly isTakenOver: boolean;
}

/** The key ring of this replica: a copy of the database's, which `refresh` brings up to date. */
@Injectable()
export class SigningKeysService implements PublishedKeys {
  private readonly logger = new Logger(SigningKeysService.name);
  private ring: KeyRing<SigningKey> = KeyRing.of([]);
  private all: KeyRing<RingKey> | undefined;
  /** Whether the database may have more than was taken over. */
  private isBehind = true;
  /** What every listener has been told of. */
  private told: string | undefined;
  private hintKeys: readonly IdTokenHintKey[] = [];
  private jwks: readonly JWK[] = [];
  private cachedMaxAgeSeconds = 0;
  private refreshing: Promise<void> = Promise.resolve();
  private readonly listeners: ((ring: KeyRing<SigningKey>) => void)[] = [];

  constructor(
    private readonly repository: SigningKeysRepository,
    private readonly privateKeys: PrivateKeys,
    private readonly maxAges: JwksMaxAgesRepository,
    private readonly looseKeys: LoosePrivateKeysRepository,
    /** What the settings say. */
    @Inject(ROTATION_POLICY) readonly settings: RotationPolicy,
  ) {}

  /** What counts as long as a JWKS with a longer max-age may be in a cache, as this replica knows it. */
  get policy(): RotationPolicy {
    return withCachedMaxAge(this.settings, this.cachedMaxAgeSeconds);
  }

  /** The keys that are good for something. */
  get current(): KeyRing<SigningKey> {
    return this.ring;
  }

  /** Keys that are deleted: an `id_token_hint` is verified with them, and nothing else. */
  get idTokenHintKeys(): readonly IdTokenHintKey[] {
    return this.hintKeys;
  }

  /** Every key as this replica knows it, revoked ones too. */
  get known(): KeyRing<RingKey> {
    return this.all ?? this.ring;
  }

  publishedKeys(): readonly JWK[] {
    return this.jwks;
  }

  /** Calls back with the ring as it is, and whenever it has changed. */
  onChange(listener: (ring: KeyRing<SigningKey>) => void): void {
    this.listeners.push(listener);
    listener(this.ring);
  }

  /** The key ring: the first start of the first replica makes it, with a key for every algorithm. */
  async loadOrCreate(): Promise<KeyRing<SigningKey>> {
    await this.advertise();
    if ((await this.repository.look()).keys.length === 0) {
      // Made before the lock is taken: an RSA key can need seconds, and other replicas wait for the lock.
      const made = await Promise.all(this.policy.algorithms.map((alg) => this.privateKeys.create(alg)));
      if (await this.repository.begin(made)) {
        for (const { alg, kid } of made) this.logger.log(`the first signing key for ${alg}: ${kid}`);
      } else {
        await Promise.all(made.map((key) => this.privateKeys.destroy(key)));
      }
    }
    await this.refresh();
    return this.ring;
  }

  /** Says in the database what max-age the JWKS of this replica has: to be called again while it has it. */
  async advertise(): Promise<void> {
    await this.maxAges.advertise(this.settings.jwksMaxAgeSeconds);
  }

  /** Every key as the database has it now. */
  list(): Promise<KeyRing<RingKey>> {
    return this.repository.look();
  }

  /**
   * Takes over what the ring is in the database. Nothing happens when it is the same.
   *
   * @throws ConfigurationError when a row does not open: its key is then not in the ring, and the others are.
   */
  refresh(): Promise<void> {
    // One after the other: what was read earlier must not replace what was read later.
    const next = this.refreshing.then(() => this.takeOver());
    this.refreshing = next.catch(() => undefined);
    return next;
  }

  /**
   * Carries out a command; when it resolves, the change is made, and the others are told. This replica signs and
   * publishes accordingly, unless the answer says that it could not take it over.
   *
   * @throws KeyRingError when the ring does not do that.
   */
  async execute(command: KeyCommand): Promise<MadeChange> {
    const made = (await this.executeChosen(() => command)) ?? NOTHING;
    return made.bereaves === undefined ? made : this.replaceRevoked(made.bereaves, made);
  }

  /** Has a key follow a revoked one, at any cost. The revocation is made, whether or not this succeeds. */
  private async replaceRevoked(alg: SigningAlgorithm, revocation: MadeDecision): Promise<MadeChange> {
    const { changes } = revocation;
    try {
      const made = await this.executeChosen(({ ring }) =>
        ring.isBereaved(alg) ? { do: 'rotate-at-once', alg } : undefined,
      );
      if (made !== undefined) return { ...made, changes: [...changes, ...made.changes] };
      const isTakenOver = await this.refreshAfterChange();
      const key = this.all?.signingKey(alg); // of another replica's look, or of the schedule's
      if (key === undefined) return { changes, cost: null, isTakenOver };
      const cost = costOfSigning(key, this.policy, new Date());
      return { changes: [...changes, { kid: key.kid, alg, to: 'signing' }], cost, isTakenOver };
    } catch (error) {
      this.logger.error(withoutQuery(error));
      return { changes, cost: { unsigned: alg }, isTakenOver: revocation.isTakenOver };
    }
  }

  /**
   * Carries out the command that is chosen for the ring as it is under the lock.
   *
   * @returns undefined when none was chosen.
   */
  async executeChosen(
    choose: (situation: Omit<Situation, 'newKey'>) => KeyCommand | undefined,
  ): Promise<MadeDecision | undefined> {
    let newKey: NewKey | undefined;
    let isUsed = false;
    try {
      for (;;) {
        const made = newKey;
        const { decision, deleted } = await this.repository.change(({ ring, now, cachedMaxAgeSeconds }) => {
          const situation = { ring, now, policy: withCachedMaxAge(this.settings, cachedMaxAgeSeconds) };
          const command = choose(situation);
          return command && decide(command, { ...situation, newKey: made });
        }, made);
        if (decision === undefined) return undefined;
        if ('needsKeyFor' in decision) {
          // Made without the lock, for which others wait; then the ring is looked at again.
          if (newKey !== undefined) await this.forget(newKey);
          newKey = await this.privateKeys.create(decision.needsKeyFor);
          continue;
        }
        isUsed = decision.changes.some(({ kid }) => kid === newKey?.kid);
        const isTakenOver = await this.afterwards(decision, deleted);
        return { ...decision, isTakenOver };
      }
    } catch (error) {
      // The change may be made and its answer lost: then the key is in use. If it is not, it is loose.
      if (!(error instanceof KeyRingError)) newKey = undefined;
      throw error;
    } finally {
      if (newKey !== undefined && !isUsed) await this.forget(newKey);
    }
  }

  /** @returns whether this replica has taken the change over */
  private async afterwards(
    { changes }: KeyRingChange,
    deleted: readonly StoredPrivateKey[],
  ): Promise<boolean> {
    for (const { kid, alg, to } of changes) this.logger.log(`signing key ${kid} for ${alg}: ${to}`);
    const isTakenOver = await this.refreshAfterChange();
    for (const key of deleted) await this.forget(key);
    return isTakenOver;
  }

  /** The change is made, and is no failure because this replica cannot follow: the next look tries again. */
  private async refreshAfterChange(): Promise<boolean> {
    this.isBehind = true;
    try {
      await this.refresh();
      return true;
    } catch (error) {
      this.logger.error(withoutQuery(error));
      return false;
    }
  }

  /**
   * Destroys some of what a kill, or an HSM that was away, has left there.
   *
   * @throws SigningUnavailableError when the HSM is away: none of the others is tried.
   */
  async destroyLooseKeys(): Promise<void> {
    for (const key of await this.looseKeys.toDestroy()) {
      await this.privateKeys.destroy(key).catch((error: unknown) => {
        if (error instanceof SigningUnavailableError) throw error;
        this.logNotDestroyed(error);
      });
    }
  }

  /** The change is made, whether or not this succeeds: what stays in an HSM is destroyed later. */
  private async forget(key: StoredPrivateKey): Promise<void> {
    await this.privateKeys.destroy(key).catch((error: unknown) => {
      this.logNotDestroyed(error);
    });
  }

  private logNotDestroyed(error: unknown): void {
    this.logger.warn(`a private key was not destroyed: ${String(withoutQuery(error))}`);
  }

  private async takeOver(): Promise<void> {
    this.cachedMaxAgeSeconds = await this.maxAges.longest();
    const all = await this.repository.look();
    if (all.version === this.all?.version && !this.isBehind) return;
    this.all = all;
    this.isBehind = true;
    // A key that is revoked signs no longer, however long the others take to open.
    if (this.ring.keys.some(({ kid }) => isGone(all.find(kid))))
      this.swapIn({ ring: restate(this.ring, all), idTokenHintKeys: this.hintKeys });
    const loaded = await this.repository.load();
    this.swapIn(loaded);
    const [fault] = loaded.faults;
    if (fault !== undefined) throw fault;
    this.isBehind = false;
  }

  /** @throws what a listener throws, after the others have been called: they all are again at the next look */
  private swapIn({ ring, idTokenHintKeys }: Pick<LoadedRing, 'ring' | 'idTokenHintKeys'>): void {
    const version = [ring.version, ...idTokenHintKeys.map(({ kid }) => kid)].join('\n');
    if (version === this.told) return;
    this.ring = ring;
    this.hintKeys = idTokenHintKeys;
    this.jwks = ring.published().map(({ publicJwk }) => publicJwk);
    this.told = undefined;
    const faults = this.listeners.flatMap((listener) => faultOf(() => listener(ring)));
    if (faults.length > 0)
      throw new AggregateError(faults, `the key ring is not in use: ${String(faults[0])}`);
    this.told = version;
  }
}

function isGone(key: RingKey | undefined): boolean {
  return key === undefined || key.state === 'revoked';
}

/** The keys of `ring` that are still good for something, in the states that they have by now. */
function restate(ring: KeyRing<SigningKey>, now: KeyRing<RingKey>): KeyRing<SigningKey> {
  return KeyRing.of(
    ring.keys.flatMap((key) => {
      const known = now.find(key.kid);
      return known === undefined || isGone(known) ? [] : [{ ...key, ...known }];
    }),
  );
}

function faultOf(work: () => void): readonly unknown[] {
  try {
    work();
    return [];
  } catch (error) {
    return [error];
  }
}
