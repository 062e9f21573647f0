export const ROLES = ['customer', 'merchant', 'admin'] as const;

export type Role = (typeof ROLES)[number];

/** A person who can log in. `id` is the `sub` of their tokens: a UUID, which no `client_id` may look like. */
export interface Account {
  readonly id: string;
  readonly email: string;
  /** Whether the person has shown that mail to this address reaches them. */
  readonly emailVerified: boolean;
  readonly name: string;
  readonly roles: readonly Role[];
}

/** An account whose password has just been given. */
export interface VerifiedAccount extends Account {
  /** Which of the account's passwords it was: what is done with it later is void when there is a newer one. */
  readonly credentialsVersion: number;
}

/** One address is one account, however it is typed. */
export function normalizeEmail(email: string): string {
  return email.trim().toLowerCase();
}

/** The claims of OpenID Connect Core §5.1 that each scope asks for; the provider keeps those that were granted. */
export function claimsOf(account: Account): { sub: string; [claim: string]: string | boolean } {
  return { sub: account.id, email: account.email, email_verified: account.emailVerified, name: account.name };
}
