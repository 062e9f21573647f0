import type { EmergencyCost } from './key-commands.js';
import type { RingKey } from './key-ring.js';
import { addSeconds, maySignFrom, type RotationPolicy } from './rotation-policy.js';
import type { MadeChange } from './signing-keys.service.js';

/** A key as the admin API shows it: nothing of what signs. Times are ISO 8601. */
export interface KeyView {
  readonly kid: string;
  readonly alg: string;
  readonly state: string;
  readonly announced_at: string;
  readonly signing_since: string | null;
  readonly retired_at: string | null;
  readonly revoked_at: string | null;
  /** Of an announced key: from when on it may sign. */
  readonly may_sign_from: string | null;
  /** Of a key that signs, and whose algorithm is in use: when the schedule has its successor sign. */
  readonly rotates_at: string | null;
  /** Of a retired or revoked key: when the schedule deletes it. */
  readonly deleted_at: string | null;
}

export interface KeyChangeView {
  readonly changes: readonly { readonly kid: string; readonly alg: string; readonly state: string }[];
  /** What an emergency costs, and what this replica could not follow; null when there is nothing to say. */
  readonly warning: string | null;
}

export function toKeyView(key: RingKey, policy: RotationPolicy): KeyView {
  const endedAt = key.revokedAt ?? key.retiredAt;
  const rotates = key.state === 'signing' && policy.algorithms.includes(key.alg);
  const rotatesAt = rotates && key.signingSince && addSeconds(key.signingSince, policy.rotateAfterSeconds);
  return {
    kid: key.kid,
    alg: key.alg,
    state: key.state,
    announced_at: key.announcedAt.toISOString(),
    signing_since: key.signingSince?.toISOString() ?? null,
    retired_at: key.retiredAt?.toISOString() ?? null,
    revoked_at: key.revokedAt?.toISOString() ?? null,
    may_sign_from: key.state === 'announced' ? maySignFrom(key.announcedAt, policy).toISOString() : null,
    rotates_at: rotatesAt ? rotatesAt.toISOString() : null,
    deleted_at: endedAt && addSeconds(endedAt, policy.retainSeconds).toISOString(),
  };
}

const NOT_TAKEN_OVER =
  'the change is made, and the replica that answers cannot take over all of it: it is not ready, and its log says why';

export function toKeyChangeView({ changes, cost, isTakenOver }: MadeChange): KeyChangeView {
  const warnings = [...(cost === null ? [] : [warningOf(cost)]), ...(isTakenOver ? [] : [NOT_TAKEN_OVER])];
  return {
    changes: changes.map(({ kid, alg, to }) => ({ kid, alg, state: to })),
    warning: warnings.length > 0 ? warnings.join('; ') : null,
  };
}

function warningOf(cost: EmergencyCost): string {
  if ('unsigned' in cost)
    return `the key is revoked, and its successor could not be made yet: until it is, requests that need ${cost.unsigned} are answered 503`;
  return `${cost.kid} signs before every verifier can know it: for up to ${cost.seconds} s one that does not look up unknown keys refuses its tokens`;
}
