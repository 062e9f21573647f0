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

export type SessionAnswer =
  | { readonly result: SessionResults[keyof SessionResults] }
  /** `CKR_…`, or one of ours. */
  | { readonly fault: string };

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
