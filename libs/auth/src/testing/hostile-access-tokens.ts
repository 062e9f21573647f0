import type { AuthErrorCode } from '../auth-error.js';
import { claimRows, timeRows } from './hostile-claims.js';
import { formRows, headerRows, jsonRows } from './hostile-forms.js';
import type { HostileRow } from './hostile-row.js';
import { algorithmRows, keyRows } from './hostile-signatures.js';
import type { TokenForge } from './token-forge.js';

/** A token that no verifier may accept. It differs from an accepted one by what its title says, and by that alone. */
export interface HostileToken {
  /** Requirement that it tests, as in `docs/specifications.md`. */
  readonly id: string;
  /** The check that has to refuse it: with another code, another check did, and this one may be gone. */
  readonly code: AuthErrorCode;
  readonly title: string;
  readonly token: string;
}

/**
 * The hostile tokens that a verifier of RFC 9068 access tokens has to refuse with `invalid_token`. Keys that some of
 * them need are published in the forge's JWKS: fetch it after this call.
 */
export function hostileAccessTokens(forge: TokenForge): readonly HostileToken[] {
  const rows: readonly HostileRow[] = [
    ...algorithmRows(forge),
    ...keyRows(forge),
    ...headerRows(forge),
    ...formRows(forge),
    ...jsonRows(forge),
    ...claimRows(forge),
    ...timeRows(forge),
  ];
  return rows.map(([id, code, title, token]) => ({ id, code, title, token }));
}
