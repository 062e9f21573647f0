import type { AuthErrorCode } from '../auth-error.js';

/** A row of the hostile-token tables. */
export type HostileRow = readonly [id: string, code: AuthErrorCode, title: string, token: string];
