import type { JWK } from 'jose';
import type { SigningAlgorithm } from '../key-ring.ts';

/** A token and how to log in to it. */
export interface TokenSettings {
  /** The PKCS #11 module of its vendor: a shared library. */
  readonly module: string;
  readonly label: string;
  readonly pin: string;
}

/** What a thread with a session is started with. */
export interface SessionSettings extends TokenSettings {
  /** Whether to initialise the module anew, which it takes to see a token that came back. */
  readonly initialize: 'first' | 'done';
}

/** A key in the token: its CKA_ID, and the algorithm that its CKA_LABEL names. */
export interface KeyReference {
  readonly id: Uint8Array;
  readonly alg: SigningAlgorithm;
}

export type SessionRequest =
  | { readonly operation: 'generate'; readonly key: KeyReference }
  | { readonly operation: 'readPublicKey'; readonly key: KeyReference }
  | { readonly operation: 'sign'; readonly key: KeyReference; readonly data: Uint8Array }
  | { readonly operation: 'destroy'; readonly id: Uint8Array };

export interface SessionResults {
  readonly generate: JWK;
  readonly readPublicKey: JWK;
  readonly sign: Uint8Array;
  readonly destroy: undefined;
}

/** A request as a thread gets it. */
export interface SessionCall {
  /** Comes back with the answer: one that is late must not settle the next call. */
  readonly id: number;
  readonly request: SessionRequest;
}

/** The id with which a thread answers to its start. */
export const OPENED = 0;

export type SessionOutcome =
  | { readonly result: SessionResults[keyof SessionResults] }
  /** `CKR_…`, or one of ours. */
  | { readonly fault: string };

export type SessionAnswer = SessionOutcome & Pick<SessionCall, 'id'>;

/** Faults that PKCS #11 has no code for. */
export const FAULTS = {
  packageMissing: 'PACKAGE_MISSING',
  moduleNotLoaded: 'MODULE_NOT_LOADED',
  tokenNotPresent: 'TOKEN_NOT_PRESENT',
  keyNotFound: 'KEY_NOT_FOUND',
  timeout: 'TIMEOUT',
  threadEnded: 'THREAD_ENDED',
  busy: 'BUSY',
} as const;
