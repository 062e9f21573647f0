import type { Orm } from '@countersign/platform/database';
import { createHash } from 'node:crypto';
import type Provider from 'oidc-provider';
import { artefacts } from './artefacts.table.js';

/**
 * Lets a DPoP proof or client assertion be used once at all replicas: the database takes one of several inserts.
 * oidc-provider would look first and insert then, and between the two another replica looks as well.
 */
export function detectReplaysAtomically({ ReplayDetection }: Provider, orm: Orm): void {
  ReplayDetection.unique = async (iss, jti, exp) => {
    // JSON keeps the two apart: a client cannot use up the `jti` of one whose id begins with its own.
    const id = createHash('sha256')
      .update(JSON.stringify([iss, jti]))
      .digest('base64url');
    const inserted = await orm
      .insert(artefacts)
      .values({ model: 'ReplayDetection', id, payload: {}, expiresAt: new Date(exp * 1_000) })
      .onConflictDoNothing()
      .returning({ id: artefacts.id });
    return inserted.length > 0;
  };
}
