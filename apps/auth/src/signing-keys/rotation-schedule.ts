import type { KeyCommand } from './key-commands.js';
import type { KeyRing, RingKey, SigningAlgorithm } from './key-ring.js';
import { addSeconds, maySignFrom, type RotationPolicy } from './rotation-policy.js';

/**
 * The next thing that the schedule has to do; undefined when there is nothing yet. Each is a step of its own: whoever
 * looks after a crash finds the step that was not made.
 */
export function dueCommand(
  ring: KeyRing<RingKey>,
  policy: RotationPolicy,
  now: Date,
): KeyCommand | undefined {
  for (const alg of policy.algorithms) {
    const command = dueFor(alg, ring, policy, now);
    if (command !== undefined) return command;
  }
  const expired = ring.keys.find((key) => {
    const endedAt = key.revokedAt ?? key.retiredAt;
    return endedAt !== null && now >= addSeconds(endedAt, policy.retainSeconds);
  });
  return expired && { do: 'delete', kid: expired.kid };
}

function dueFor(
  alg: SigningAlgorithm,
  ring: KeyRing<RingKey>,
  policy: RotationPolicy,
  now: Date,
): KeyCommand | undefined {
  // Whoever revoked its key was killed before the next one was made, or could not make it.
  if (ring.isBereaved(alg)) return { do: 'rotate-at-once', alg };
  const { signingSince } = ring.signingKey(alg) ?? {};
  // Of an algorithm that came into use after the first start no verifier has a key: it is announced and waits as any.
  const rotateAt = signingSince ? addSeconds(signingSince, policy.rotateAfterSeconds) : now;
  const successor = ring.successor(alg);
  if (successor === undefined) {
    return now >= addSeconds(rotateAt, -policy.announceAheadSeconds) ? { do: 'announce', alg } : undefined;
  }
  const isDue = now >= rotateAt && now >= maySignFrom(successor.announcedAt, policy);
  return isDue ? { do: 'rotate', alg } : undefined;
}
