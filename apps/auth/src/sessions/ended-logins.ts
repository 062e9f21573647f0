import { Injectable } from '@nestjs/common';
import type { AdapterPayload } from 'oidc-provider';

/** A login at a client, within a session that has ended: what a logout token is about. */
export interface EndedLogin {
  readonly accountId: string;
  readonly clientId: string;
  /** `sid` of the client's ID tokens. */
  readonly sid: string;
}

/**
 * Says which logins have ended to whoever tells their clients. Those who end them, such as accounts, know nothing of the
 * provider, which knows of accounts.
 */
@Injectable()
export class EndedLogins {
  private readonly listeners: ((logins: readonly EndedLogin[]) => void)[] = [];

  onEnd(listener: (logins: readonly EndedLogin[]) => void): void {
    this.listeners.push(listener);
  }

  /** To be called when the end is committed: a client that is told of it too early may be logged in again. */
  announce(logins: readonly EndedLogin[]): void {
    for (const listener of this.listeners) listener(logins);
  }
}

/** The logins within a session of oidc-provider. */
export function loginsOf(accountId: string, { authorizations = {} }: AdapterPayload): readonly EndedLogin[] {
  return Object.entries(authorizations).flatMap(([clientId, { sid }]) =>
    sid === undefined ? [] : [{ accountId, clientId, sid }],
  );
}
