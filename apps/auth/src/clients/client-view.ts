import type { ClientRegistration } from './client-registration.js';
import type { ClientRow } from './clients.repository.js';

/** A client as the admin API shows it: all but its secrets. */
export type ClientView = ClientRegistration & {
  /** Seconds since the epoch (RFC 7591 §3.2.1). */
  readonly client_id_issued_at: number;
  readonly has_secret: boolean;
  /** Until when the secret before the present one is good; null when there is none, or no longer. */
  readonly previous_secret_expires_at: string | null;
  readonly disabled_at: string | null;
};

/** A client that has just got a secret (RFC 7591 §3.2.1): the one time at which it is shown. */
export type ClientViewWithSecret = ClientView & {
  readonly client_secret?: string;
  /** 0: the secret does not expire of itself. */
  readonly client_secret_expires_at?: 0;
};

export function viewOf(row: ClientRow): ClientView {
  const { metadata, secretHash, previousSecretExpiresAt: previous, disabledAt, createdAt } = row;
  const isPreviousGood = previous !== null && previous.getTime() > Date.now();
  return {
    ...metadata,
    client_id_issued_at: Math.floor(createdAt.getTime() / 1_000),
    has_secret: secretHash !== null,
    previous_secret_expires_at: isPreviousGood ? previous.toISOString() : null,
    disabled_at: disabledAt?.toISOString() ?? null,
  };
}
