import type { RingKey, SigningKeyState } from '../src/signing-keys/key-ring.js';

/** When the tests of the key ring take place. */
export const NOW = new Date('2026-06-01T12:00:00Z');

function secondsAgo(seconds: number): Date {
  return new Date(NOW.getTime() - seconds * 1_000);
}

/** A key for RS256 that has been in its state for `age` seconds. */
export function ringKey(
  kid: string,
  state: SigningKeyState,
  { age = 0, ...overrides }: Partial<RingKey> & { readonly age?: number } = {},
): RingKey {
  const since = secondsAgo(age);
  return {
    kid,
    state,
    alg: 'RS256',
    createdAt: since,
    announcedAt: since,
    signingSince: state === 'signing' ? since : null,
    retiredAt: state === 'retired' ? since : null,
    revokedAt: state === 'revoked' ? since : null,
    ...overrides,
  };
}
