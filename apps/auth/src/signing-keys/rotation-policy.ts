import type { SigningAlgorithm } from './key-ring.js';

/**
 * Seconds after which every replica serves a changed JWKS. It takes milliseconds by notification and a second by
 * polling; a replica that has lost the database issues no token meanwhile.
 */
const REPLICA_LAG_SECONDS = 2;

/** When keys change by themselves, and what nobody may shorten. */
export interface RotationPolicy {
  /** Algorithms in use: each always has a key that signs. */
  readonly algorithms: readonly SigningAlgorithm[];
  /** The longest `Cache-Control: max-age` of a JWKS in a cache: for so long a verifier need not ask again. */
  readonly jwksMaxAgeSeconds: number;
  /** How long a key signs. */
  readonly rotateAfterSeconds: number;
  /** How long before that its successor is announced. */
  readonly announceAheadSeconds: number;
  /** How long a retired key stays in the JWKS. */
  readonly retainSeconds: number;
}

/**
 * How long a key has to be announced before it signs: until no verifier can have a JWKS without it in its cache. A key
 * that signed earlier would have its tokens refused where unknown keys are not looked up.
 */
export function minAnnouncedSeconds({ jwksMaxAgeSeconds }: RotationPolicy): number {
  return jwksMaxAgeSeconds + REPLICA_LAG_SECONDS;
}

/** When an announced key may sign. */
export function maySignFrom(announcedAt: Date, policy: RotationPolicy): Date {
  return addSeconds(announcedAt, minAnnouncedSeconds(policy));
}

/** The policy while an answer with a longer max-age than that of the settings may be in a cache. */
export function withCachedMaxAge(policy: RotationPolicy, maxAgeSeconds: number): RotationPolicy {
  const longer = Math.max(0, maxAgeSeconds - policy.jwksMaxAgeSeconds);
  return {
    ...policy,
    jwksMaxAgeSeconds: policy.jwksMaxAgeSeconds + longer,
    retainSeconds: policy.retainSeconds + longer,
  };
}

export function addSeconds(time: Date, seconds: number): Date {
  return new Date(time.getTime() + seconds * 1_000);
}
