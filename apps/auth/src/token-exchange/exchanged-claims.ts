import type { Actor } from './actor.js';

/** What an exchange found out, for the claims of the token that it gives. */
export interface ExchangedClaims {
  readonly roles: readonly string[] | undefined;
  readonly auth_time: number | undefined;
  readonly sid: string | undefined;
  readonly grant_id: string | undefined;
  readonly act: Actor;
  /** Clients whose tokens led to it, the last first: what ends their tokens ends this one. */
  readonly subject_clients: readonly string[];
}

/** Name under which `ExchangedClaims` stand among the entities of a request. */
export const EXCHANGED_CLAIMS = 'ExchangedClaims';
