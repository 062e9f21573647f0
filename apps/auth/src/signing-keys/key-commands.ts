import type { KeyRing, RingKey, SigningAlgorithm, SigningKeyState } from './key-ring.js';
import { KeyRingError } from './key-ring-error.js';
import { addSeconds, maySignFrom, type RotationPolicy } from './rotation-policy.js';

export type KeyCommand =
  /** A new key into the JWKS, to sign later. */
  | { readonly do: 'announce'; readonly alg: SigningAlgorithm }
  /** The announced key signs, the one that signed is retired. */
  | { readonly do: 'rotate'; readonly alg: SigningAlgorithm }
  /** The same in an emergency: without the wait, and with a new key if none is announced. */
  | { readonly do: 'rotate-at-once'; readonly alg: SigningAlgorithm }
  /** An announced key is withdrawn; a key of an algorithm that is not in use any more stops signing. */
  | { readonly do: 'retire'; readonly kid: string }
  /** The key is not trusted any more: its tokens die. */
  | { readonly do: 'revoke'; readonly kid: string }
  /** The last token of a retired or revoked key has expired. */
  | { readonly do: 'delete'; readonly kid: string };

export interface KeyChange {
  readonly kid: string;
  readonly alg: SigningAlgorithm;
  readonly to: SigningKeyState | 'deleted';
}

export type EmergencyCost =
  /** A key signs before every verifier knows it: for so long one may still have a JWKS without it. */
  | { readonly kid: string; readonly seconds: number }
  /** The successor of a revoked key could not be made yet: until it is, nothing is signed with this. */
  | { readonly unsigned: SigningAlgorithm };

export interface KeyRingChange {
  readonly changes: readonly KeyChange[];
  readonly cost: EmergencyCost | null;
}

/** Changes, which are made in their order, or the algorithm of a key that has to be made first. */
export type Decision =
  | (KeyRingChange & {
      /** The algorithm that has no key now, and needs one at once. */
      readonly bereaves?: SigningAlgorithm;
    })
  | { readonly needsKeyFor: SigningAlgorithm };

export interface Situation {
  readonly ring: KeyRing<RingKey>;
  readonly policy: RotationPolicy;
  readonly now: Date;
  /** A key that was made and is not in the ring. */
  readonly newKey: Pick<RingKey, 'kid' | 'alg'> | undefined;
}

/**
 * What a command changes in the ring. Nothing else changes it, so that what is refused here is refused to everyone:
 * the schedule, the admin API, and two replicas at once.
 *
 * @throws KeyRingError
 */
export function decide(command: KeyCommand, situation: Situation): Decision {
  switch (command.do) {
    case 'announce':
      return announce(command.alg, situation);
    case 'rotate':
      return rotate(command.alg, situation);
    case 'rotate-at-once':
      assertInUse(command.alg, situation);
      return promote(command.alg, 'retired', situation);
    case 'retire':
      return retire(requireKey(command.kid, situation), situation);
    case 'revoke':
      return revoke(requireKey(command.kid, situation), situation);
    default:
      return remove(requireKey(command.kid, situation), situation);
  }
}

/** A key of another algorithm would sign and be published for good: the schedule never rotates it. */
function assertInUse(alg: SigningAlgorithm, { policy }: Situation): void {
  if (!policy.algorithms.includes(alg)) {
    throw new KeyRingError('algorithm_not_in_use', `${alg} is not one of SIGNING_ALGORITHMS`);
  }
}

function announce(alg: SigningAlgorithm, situation: Situation): Decision {
  assertInUse(alg, situation);
  const { ring, newKey } = situation;
  const successor = ring.successor(alg);
  if (successor !== undefined) {
    throw new KeyRingError('key_already_announced', `a key for ${alg} is announced: ${successor.kid}`);
  }
  if (newKey?.alg !== alg) return { needsKeyFor: alg };
  return { changes: [{ kid: newKey.kid, alg, to: 'announced' }], cost: null };
}

function rotate(alg: SigningAlgorithm, situation: Situation): Decision {
  assertInUse(alg, situation);
  const { ring, policy, now } = situation;
  const successor = ring.successor(alg);
  if (successor === undefined) {
    throw new KeyRingError('key_not_announced', `no key for ${alg} is announced: announce one first`);
  }
  const from = maySignFrom(successor.announcedAt, policy);
  if (now < from) {
    throw new KeyRingError(
      'key_too_young',
      `${successor.kid} may sign from ${from.toISOString()}: until then a verifier can have a JWKS without it in its cache`,
    );
  }
  return promote(alg, 'retired', situation);
}

/** The successor signs, whatever its age, and the key that signed goes to `fate`. */
function promote(alg: SigningAlgorithm, fate: 'retired' | 'revoked', situation: Situation): Decision {
  const { ring, policy, now, newKey } = situation;
  const successor =
    ring.successor(alg) ?? (newKey?.alg === alg ? { ...newKey, announcedAt: now } : undefined);
  if (successor === undefined) return { needsKeyFor: alg };
  const { kid } = successor;
  const signing = ring.signingKey(alg);
  return {
    changes: [
      ...(signing === undefined ? [] : [{ kid: signing.kid, alg, to: fate }]),
      { kid, alg, to: 'signing' },
    ],
    cost: costOfSigning(successor, policy, now),
  };
}

/** What it costs that a key signs already. */
export function costOfSigning(
  { kid, announcedAt }: Pick<RingKey, 'kid' | 'announcedAt'>,
  policy: RotationPolicy,
  now: Date,
): EmergencyCost | null {
  const seconds = Math.ceil((maySignFrom(announcedAt, policy).getTime() - now.getTime()) / 1_000);
  return seconds > 0 ? { kid, seconds } : null;
}

function retire({ kid, alg, state }: RingKey, { policy }: Situation): Decision {
  if (state === 'announced') return { changes: [{ kid, alg, to: 'deleted' }], cost: null };
  if (state !== 'signing') throw new KeyRingError('key_state', `${kid} is ${state}`);
  if (policy.algorithms.includes(alg)) {
    throw new KeyRingError(
      'key_in_use',
      `${kid} signs, and ${alg} is one of SIGNING_ALGORITHMS: rotate instead`,
    );
  }
  return { changes: [{ kid, alg, to: 'retired' }], cost: null };
}

/**
 * A key that signs has its successor at once, if one is announced. It does not wait for one to be made: whoever has
 * stolen it would sign meanwhile.
 */
function revoke({ kid, alg, state }: RingKey, situation: Situation): Decision {
  if (state === 'revoked') throw new KeyRingError('key_state', `${kid} is revoked`);
  const revoked: KeyChange = { kid, alg, to: 'revoked' };
  if (state !== 'signing') return { changes: [revoked], cost: null };
  // Retired first, which says that no other key has to sign.
  if (!situation.policy.algorithms.includes(alg))
    return { changes: [{ ...revoked, to: 'retired' }, revoked], cost: null };
  if (situation.ring.successor(alg) === undefined) return { changes: [revoked], cost: null, bereaves: alg };
  return promote(alg, 'revoked', situation);
}

function remove({ kid, alg, ...key }: RingKey, { policy, now }: Situation): Decision {
  const endedAt = key.revokedAt ?? key.retiredAt;
  if (endedAt === null) throw new KeyRingError('key_state', `${kid} is ${key.state}`);
  const from = addSeconds(endedAt, policy.retainSeconds);
  if (now < from) {
    throw new KeyRingError('key_in_use', `tokens of ${kid} are good until ${from.toISOString()}`);
  }
  return { changes: [{ kid, alg, to: 'deleted' }], cost: null };
}

function requireKey(kid: string, { ring }: Situation): RingKey {
  const key = ring.find(kid);
  if (key === undefined) throw new KeyRingError('key_not_found', `no key of the ring has the kid ${kid}`);
  return key;
}
