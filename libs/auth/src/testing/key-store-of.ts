import { KeyStore } from '../jose/key-store.js';
import { importVerificationKey } from '../jose/verification-key.js';

/** A key store as an app would set it, for specs that are about something else. */
export function keyStoreOf(fetchKeys: () => Promise<readonly unknown[]>, now: () => number): KeyStore {
  return new KeyStore({
    fetchKeys,
    importKey: importVerificationKey,
    refreshAfterMs: 60_000,
    maxStaleMs: 600_000,
    unknownKidCooldownMs: 30_000,
    retryAfterMs: 1_000,
    onWarning: () => undefined,
    now,
  });
}
